//! `keepmum scan --image`: images that are made here, of both kinds.

use std::fs;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Output};

use keepmum::rule::template::expand;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::cli::text;

fn token(seed: u64) -> String {
    expand("ghp_{alnum:36}", seed).unwrap().text
}

fn tar(files: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut tar = tar::Builder::new(Vec::new());
    for (name, bytes) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(bytes.len() as u64);
        header.set_mode(0o644);
        header.set_cksum();
        tar.append_data(&mut header, name, &bytes[..]).unwrap();
    }
    tar.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn scan(folder: &TempDir, image: &[u8], args: &[&str]) -> Output {
    let path: PathBuf = folder.path().join("app.tar");
    fs::write(path, image).unwrap();
    let mut keepmum = Command::new(env!("CARGO_BIN_EXE_keepmum"));
    keepmum.args(["scan", "--no-config", "--image", "app.tar"]).args(args);
    keepmum.current_dir(folder.path()).output().unwrap()
}

fn rows(output: &Output) -> Vec<Value> {
    text(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Three layers: a file, which goes; one in a folder, which is emptied; one that is replaced by a clean one.
fn layers() -> Vec<Vec<u8>> {
    let line = |seed| format!("first\ntoken = {}\n", token(seed)).into_bytes();
    let long = format!("deep/{}app.conf", "long-name/".repeat(20));
    vec![
        tar(&[
            ("etc/app.conf", line(1)),
            ("srv/keys/a", line(2)),
            ("opt/b", line(3)),
            (long.as_str(), line(4)),
        ]),
        tar(&[("etc/.wh.app.conf", vec![]), ("opt/b", b"clean".to_vec())]),
        tar(&[("srv/keys/.wh..wh..opq", vec![]), ("srv/keys/c", line(5))]),
    ]
}

fn config(diff_ids: &[&str]) -> Vec<u8> {
    json!({
        "architecture": "amd64",
        "config": {
            "Env": ["PATH=/usr/bin", format!("DEPLOY_TOKEN={}", token(6))],
            "Cmd": ["curl", "-H", format!("Authorization: Bearer {}", token(7)), "https://example.com"],
            "Labels": {"deploy": token(8)},
        },
        "rootfs": {"type": "layers", "diff_ids": diff_ids},
        "history": [{"created_by": format!("/bin/sh -c #(nop) ENV GITHUB_TOKEN={}", token(9))}],
    })
    .to_string()
    .into_bytes()
}

fn docker() -> Vec<u8> {
    let names = ["1/layer.tar", "2/layer.tar", "3/layer.tar"];
    let mut files = vec![
        (
            "manifest.json",
            json!([{"Config": "c.json", "RepoTags": ["app:1"], "Layers": names}])
                .to_string()
                .into_bytes(),
        ),
        ("c.json", config(&["sha256:aa", "sha256:bb", "sha256:cc"])),
    ];
    files.extend(names.into_iter().zip(layers()));
    tar(&files)
}

/// The same with compressed layers, an index and a document beside them.
fn oci() -> Vec<u8> {
    let layers = layers();
    let zstd = zstd::encode_all(&layers[2][..], 1).unwrap();
    let blobs = [("l1", gzip(&layers[0])), ("l2", layers[1].clone()), ("l3", zstd)];
    let layer = |name: &str, kind: &str| json!({"digest": format!("sha256:{name}"), "mediaType": format!("application/vnd.oci.image.layer.v1.{kind}")});
    let manifest = json!({
        "config": {"digest": "sha256:cf"},
        "layers": [layer("l1", "tar+gzip"), layer("l2", "tar"), layer("l3", "tar+zstd"),
            {"digest": "sha256:doc", "mediaType": "application/vnd.in-toto+json"}],
    });
    let index = json!({"manifests": [{"digest": "sha256:m"}, {"digest": "sha256:absent"}]});
    let mut files = vec![
        ("index.json".to_owned(), index.to_string().into_bytes()),
        ("oci-layout".to_owned(), b"{}".to_vec()),
        ("blobs/sha256/m".to_owned(), manifest.to_string().into_bytes()),
        ("blobs/sha256/cf".to_owned(), config(&[])),
        ("blobs/sha256/doc".to_owned(), format!("{{\"t\":\"{}\"}}", token(10)).into_bytes()),
    ];
    files.extend(blobs.map(|(name, bytes)| (format!("blobs/sha256/{name}"), bytes)));
    tar(&files.iter().map(|(name, bytes)| (&**name, bytes.clone())).collect::<Vec<_>>())
}

#[test]
fn both_kinds_of_images_are_read_with_what_later_layers_hide() {
    for (image, more) in [(docker(), 0), (oci(), 1)] {
        let folder = TempDir::new().unwrap();
        let output = scan(&folder, &image, &["--format=json"]);
        assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
        let rows = rows(&output);
        let of = |file: &str| {
            let mut found = rows.iter().filter(|row| row["file"].as_str().unwrap().contains(file));
            let row = found.next().unwrap_or_else(|| panic!("{file}: {rows:?}"));
            (
                row["line"].clone(),
                row["layer"]["number"].clone(),
                row["layer"]["later"].clone(),
                row["layer"]["by"].clone(),
            )
        };
        assert_eq!(of("etc/app.conf"), (json!(2), json!(1), json!("deleted"), json!(2)));
        assert_eq!(of("srv/keys/a"), (json!(2), json!(1), json!("deleted"), json!(3)));
        assert_eq!(of("srv/keys/c"), (json!(2), json!(3), json!(null), json!(null)));
        assert_eq!(of("opt/b"), (json!(2), json!(1), json!("replaced"), json!(2)));
        assert_eq!(of("long-name/long-name/app.conf").1, json!(1));
        for place in [
            "config/config/Env[1]",
            "config/config/Cmd",
            "config/config/Labels/deploy",
            "config/history[0]/created_by",
        ] {
            assert_eq!(of(place).0, json!(1));
        }
        assert_eq!(rows.len(), 9 + more, "{rows:?}");
        let plain = text(&scan(&folder, &image, &[]).stdout);
        assert!(plain.contains("deleted in layer 2"), "{plain}");
        let sarif = scan(&folder, &image, &["--format=sarif"]);
        let sarif: Value = serde_json::from_slice(&sarif.stdout).unwrap();
        assert_eq!(sarif["runs"][0]["results"].as_array().unwrap().len(), 9 + more);
    }
}

#[test]
fn names_in_a_configuration_are_looked_through_and_not_told() {
    let secret = |seed| format!("key {} of it", token(seed));
    let config = json!({
        "config": {"Labels": {secret(11): "", "rootfs": {"note": token(12)}}, secret(13): [1]},
        "rootfs": {"type": token(14), "diff_ids": ["sha256:aa"]},
    });
    let image = tar(&[
        ("manifest.json", br#"[{"Config":"c.json","Layers":[]}]"#.to_vec()),
        ("c.json", config.to_string().into_bytes()),
    ]);
    let output = scan(&TempDir::new().unwrap(), &image, &["--format=json"]);
    let (told, rows) = (text(&output.stdout), rows(&output));
    assert_eq!(rows.len(), 4, "{told}");
    assert!((11..15).all(|seed| !told.contains(&token(seed))), "{told}");
    assert!(told.contains("Labels/key [REDACTED:github-pat] of it"), "{told}");
}

#[test]
fn a_layer_is_known_by_its_bytes_and_what_deletes_is_read() {
    let layer = tar(&[("srv/.wh.a", format!("token = {}\n", token(15)).into_bytes())]);
    let manifest = json!({
        "config": {"digest": "sha256:cf"},
        "layers": [{"digest": "sha256:l", "mediaType": "application/vnd.example.layer"}],
    });
    let image = tar(&[
        ("index.json", json!({"manifests": [{"digest": "sha256:m"}]}).to_string().into_bytes()),
        ("blobs/sha256/m", manifest.to_string().into_bytes()),
        ("blobs/sha256/cf", b"{}".to_vec()),
        ("blobs/sha256/l", gzip(&layer)),
    ]);
    let output = scan(&TempDir::new().unwrap(), &image, &["--format=json"]);
    assert_eq!(output.status.code(), Some(1), "{}", text(&output.stderr));
    assert!(rows(&output)[0]["file"].as_str().unwrap().ends_with("srv/.wh.a"));
}

#[test]
fn a_layer_that_never_ends_is_bounded() {
    let bomb = gzip(&tar(&[("zeros", vec![b'x'; 8 << 20])]));
    let image = tar(&[
        ("manifest.json", br#"[{"Config":"c.json","Layers":["l"]}]"#.to_vec()),
        ("c.json", b"{}".to_vec()),
        ("l", bomb),
    ]);
    let folder = TempDir::new().unwrap();
    let output = scan(&folder, &image, &["--longest=1M"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("longer than --longest"), "{}", text(&output.stderr));
    assert_eq!(scan(&folder, &image, &[]).status.code(), Some(0));
}

#[test]
fn a_name_that_says_to_be_a_gigabyte_is_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(tar::EntryType::GNULongName);
    header.set_size(1 << 30);
    header.set_cksum();
    let image = tar(&[
        ("manifest.json", br#"[{"Config":"c.json","Layers":["l"]}]"#.to_vec()),
        ("c.json", b"{}".to_vec()),
        ("l", header.as_bytes().to_vec()),
    ]);
    let output = scan(&TempDir::new().unwrap(), &image, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("too long"), "{}", text(&output.stderr));
}

#[test]
fn what_is_no_image_is_refused() {
    let folder = TempDir::new().unwrap();
    for bytes in [b"no archive".to_vec(), tar(&[("a", vec![])]), vec![0; 4096]] {
        assert_eq!(scan(&folder, &bytes, &[]).status.code(), Some(2));
    }
    let lost =
        tar(&[("manifest.json", br#"[{"Config":"../../etc/passwd","Layers":[]}]"#.to_vec())]);
    let output = scan(&folder, &lost, &[]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output.stderr).contains("is not in the archive"));
}
