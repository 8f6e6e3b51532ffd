//! The status page, in a browser.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde_json::Value;

use crate::harness::{Running, SECRET, Upstream, client, to, whole, within};

/// The browser, if there is one on this machine.
fn browser() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let mut all = std::env::split_paths(&path).flat_map(|folder| {
        ["chromium", "chromium-browser", "google-chrome"].map(|name| folder.join(name))
    });
    all.find(|path| path.is_file())
}

/// Runs the browser on `url`; what it prints, or none if there is no browser.
async fn browse(url: &str, arguments: &[&str]) -> Option<String> {
    let Some(browser) = browser() else {
        eprintln!("skipped: no chromium on this machine (apt-get install chromium)");
        return None;
    };
    let data = tempfile::tempdir().unwrap();
    let mut command = Command::new(browser);
    command
        .args(["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"])
        .args(["--disable-background-networking", "--disable-component-update", "--disable-sync"])
        .args(["--disable-dev-shm-usage", "--virtual-time-budget=4000", "--window-size=1000,1200"])
        .arg(format!("--user-data-dir={}", data.path().display()))
        .args(arguments)
        .arg(url)
        .stderr(Stdio::null());
    let output = tokio::task::spawn_blocking(move || command.output());
    let output = within(output).await.unwrap().unwrap();
    drop(data);
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// A gateway through which something went.
async fn used() -> (Running, Upstream) {
    let upstream = Upstream::good().await;
    let gateway = Running::start(to(&upstream)).await;
    let dirty = format!("{{\"messages\":[{{\"role\":\"user\",\"content\":\"{SECRET}\"}}]}}");
    for path in ["/anthropic/v1/messages", "/openai/v1/chat/completions", "/slack/chat.postMessage"]
    {
        assert_eq!(gateway.send(path, dirty.clone()).await.0, 200);
    }
    assert_eq!(gateway.send("/anthropic/v1/messages", "{\"broken\"").await.0, 400);
    (gateway, upstream)
}

#[tokio::test]
async fn the_figures_hold_no_value() {
    let (gateway, _upstream) = used().await;
    let (_, text) = gateway.get("/status.json").await;
    assert!(!text.contains(SECRET), "{text}");
    let status: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(status["requests"], serde_json::json!({"passed": 3, "refused": 1, "failed": 0}));
    assert_eq!(status["minutes"].as_array().unwrap().len(), 60);
    assert_eq!(status["found"], 3);
    assert_eq!(status["names"][0]["name"], "db-password");
    assert_eq!(status["recent"][0]["route"], "slack");
    let (_, metrics) = gateway.get("/metrics").await;
    assert!(metrics.contains("keepmum_proxy_requests_total{outcome=\"refused\"} 1\n"), "{metrics}");
}

#[tokio::test]
async fn the_page_may_load_nothing_from_elsewhere() {
    let gateway = Running::start(to(&Upstream::good().await)).await;
    let request = hyper::Request::get(gateway.uri("/")).body(whole("")).unwrap();
    let reply = within(client().request(request)).await.unwrap();
    let policy = reply.headers()["content-security-policy"].to_str().unwrap().to_owned();
    assert!(
        policy.starts_with("default-src 'none'; style-src 'nonce-") && !policy.contains("unsafe"),
        "{policy}"
    );
    let page = gateway.get("/").await.1;
    let urls = page.matches("://").count();
    assert_eq!(urls, 1, "only the name of SVG");
    assert!(page.contains("http://www.w3.org/2000/svg"));
}

#[tokio::test]
async fn the_page_shows_what_went_through() {
    let (gateway, _upstream) = used().await;
    for schemes in
        ["--blink-settings=preferredColorScheme=1", "--blink-settings=preferredColorScheme=0"]
    {
        let Some(page) = browse(&gateway.uri("/"), &["--dump-dom", schemes]).await else { return };
        assert!(page.contains("<dt>Requests</dt><dd>4</dd>"), "{page}");
        assert!(page.contains("<dt>Refused</dt><dd>1</dd>"), "{page}");
        assert!(page.contains("Read once, at the start."), "{page}");
        assert!(page.contains("<code>db-password</code>"), "{page}");
        assert!(page.contains("<p id=\"state\" role=\"status\" class=\"soft\">keepmum "), "{page}");
        assert!(!page.contains(SECRET), "{page}");
    }
}

#[tokio::test]
async fn without_anything_it_says_so() {
    let gateway =
        Running::start(to(&Upstream::good().await).token("a-token-in-the-path").unwrap()).await;
    let url = gateway.uri("/a-token-in-the-path/");
    let Some(page) = browse(&url, &["--dump-dom"]).await else { return };
    assert!(page.contains("Nothing redacted yet."), "{page}");
    assert!(page.contains("Nothing redacted in this hour."), "{page}");
}

/// Ground of the page as the two schemes paint it: a corner of the screenshot tells.
#[tokio::test]
async fn it_is_dark_where_that_is_wanted() {
    let (gateway, _upstream) = used().await;
    let folder = tempfile::tempdir().unwrap();
    let mut sizes = Vec::new();
    for (name, scheme) in [("dark", 0), ("light", 1)] {
        let file = kept(folder.path(), name);
        let screenshot = format!("--screenshot={}", file.display());
        let scheme = format!("--blink-settings=preferredColorScheme={scheme}");
        let Some(_) = browse(&gateway.uri("/"), &[&screenshot, &scheme]).await else { return };
        sizes.push(std::fs::read(file).unwrap());
    }
    assert_ne!(sizes[0], sizes[1], "dark and light look the same");
}

/// Where a screenshot goes: to be looked at, if a folder is named.
fn kept(folder: &Path, name: &str) -> PathBuf {
    let named = std::env::var_os("KEEPMUM_SCREENSHOTS").map(PathBuf::from);
    named.unwrap_or_else(|| folder.to_owned()).join(format!("{name}.png"))
}
