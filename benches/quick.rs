fn main() {
    let a: Vec<String> = std::env::args().collect();
    let data = std::fs::read(&a[1]).unwrap();
    let mut b = keepmum::Redactor::builder().builtin_rules();
    let n: usize = a.get(2).map(|s| s.parse().unwrap()).unwrap_or(10);
    let mut x = 1u64;
    for i in 0..n {
        let v: String = (0..24)
            .map(|_| {
                x ^= x << 13;
                x ^= x >> 7;
                x ^= x << 17;
                b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"[(x % 62) as usize]
                    as char
            })
            .collect();
        b = b.secret(&format!("s{i}"), v).unwrap();
    }
    let t = std::time::Instant::now();
    let r = b.build().unwrap();
    println!("build {:?}", t.elapsed());
    for _ in 0..4 {
        let t = std::time::Instant::now();
        let mut st = r.stream(keepmum::Discard);
        for c in data.chunks(64 << 10) {
            st.push(c);
        }
        st.finish();
        let e = t.elapsed();
        println!("{:.3} GB/s", data.len() as f64 / e.as_secs_f64() / 1e9);
    }
    let f = r.find(&data[..data.len().min(8 << 20)]);
    println!("findings {}", f.len());
    let mut m = std::collections::BTreeMap::new();
    for x in &f {
        *m.entry(x.name().to_string()).or_insert(0) += 1;
    }
    println!("{m:?}");
    let ev=b"2026-11-24T05:00:00Z INFO request handled method=GET path=/api/v1/items status=200 duration_ms=12 user=alice region=eu-west-1 ok";
    let t = std::time::Instant::now();
    let mut z = 0;
    for _ in 0..1_000_000 {
        z += r.redact(ev).len();
    }
    println!("event {} B {:?}/1e6 {z}", ev.len(), t.elapsed());
}
