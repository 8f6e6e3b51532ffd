//! A client that logs what it sends, what it gets back, and what goes wrong. All three show its token.

use std::error::Error;

use axum::http::{HeaderMap, StatusCode};
use axum::{Router, routing::get};
use keepmum::rule::template::expand;
use keepmum::{Redactor, subscriber};
use reqwest::{Client, Request};
use tracing::{error, info, warn};

/// A secret that only this company knows the look of: it is told to the redactor by name.
const BILLING_KEY: &str = "billing/4711 of the south branch";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // Lines on standard output as `tracing_subscriber::fmt::init()` writes them, and panics on standard error, redacted.
    let redactor = Redactor::builder().builtin_rules().secret("billing-key", BILLING_KEY)?;
    subscriber::init_with(redactor.build()?)?;

    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let router = Router::new().route("/repos", get(refuses));
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    // A token of GitHub's, made up on the spot: a built-in rule knows what they look like.
    let token = expand("ghp_{alnum:36}", 3)?.text;
    let client = Client::new();

    // A header that carries a token. `Debug` of a request shows its headers.
    let request = client.get(format!("http://{address}/repos")).bearer_auth(&token);
    send(&client, request.build()?).await;

    // A known secret in a header of one's own, and in an address, where it is percent-encoded: that spelling is known too.
    let mut address = reqwest::Url::parse(&format!("http://{address}/repos"))?;
    address.query_pairs_mut().append_pair("key", BILLING_KEY);
    let request = client.get(address.clone()).header("x-billing", BILLING_KEY);
    send(&client, request.build()?).await;

    // Nobody listens any more, and the error shows the whole address.
    server.abort();
    let _ = server.await;
    send(&Client::new(), client.get(address).build()?).await;
    Ok(())
}

/// Sends a request and logs everything about it. Nothing in here knows that there are secrets.
async fn send(client: &Client, request: Request) {
    // Clients mark `Authorization` as sensitive, but not every header that is.
    let authorization =
        request.headers().get("authorization").and_then(|value| value.to_str().ok());
    info!(url = %request.url(), headers = ?request.headers(), authorization, "request");
    let sent = async { client.execute(request).await?.text().await };
    match sent.await {
        Ok(body) => warn!(body, size = body.len(), "answer"),
        // Values of `&dyn Error` are redacted with all their causes.
        Err(error) => error!(error = &error as &dyn Error, "failed"),
    }
}

/// A server that is too chatty: it repeats what it was sent.
async fn refuses(headers: HeaderMap) -> (StatusCode, String) {
    let sent = |name: &str| {
        headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or("nothing").to_owned()
    };
    let body = format!("refused: {:?} and {:?}", sent("authorization"), sent("x-billing"));
    (StatusCode::UNAUTHORIZED, body)
}
