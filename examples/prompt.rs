//! A client of a language model that is asked about logs with passwords in them. What the model's server is sent has none.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::error::Error;

use axum::http::header::CONTENT_TYPE;
use axum::{Json, Router, routing::post};
use keepmum::prompt::{Api, Hosts, PreSend, PreSendMiddleware, Refused};
use keepmum::rule::template::expand;
use keepmum::{Redactor, ReferenceKey};
use reqwest_middleware::{ClientBuilder, ClientWithMiddleware};
use tokio::net::TcpListener;

/// A secret that only this company knows the look of: it is told to the redactor by name.
const PASSWORD: &str = "correct horse battery staple";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let redactor = Redactor::builder().builtin_rules().secret("db-password", PASSWORD)?.build()?;
    // Kept for as long as prompts should mean the same: it makes the references that stand for secrets.
    let key = ReferenceKey::new(b"32 random bytes, from a file");
    let guard = PreSend::builder(redactor.into(), key).build()?;

    let server = serve().await?;
    // Providers are known. This one is not.
    let hosts = Hosts::providers().and("127.0.0.1");
    let client = ClientBuilder::new(reqwest::Client::new())
        .with(PreSendMiddleware::new(guard.clone()).hosts(hosts))
        .build();

    // A token of GitHub's, made up on the spot: a built-in rule knows what they look like.
    let token = expand("ghp_{alnum:36}", 3)?.text;
    ask(&client, &server, "m", &format!("Why is {PASSWORD} refused?")).await?;
    ask(&client, &server, "m", &format!("I cloned https://ada:{token}@example.com/x")).await?;
    ask(&client, &server, "m", "And nothing at all?").await?;
    // The name of a model must not be changed, so this is not sent.
    ask(&client, &server, PASSWORD, "Who are you?").await?;

    // Clients that cannot be wrapped: what they are given is looked through before.
    let ask = guard.before(Api::Json, |prompt| async move { format!("you said: {prompt}") });
    println!("function   {}", ask(&format!("It is {PASSWORD}."))?.await);
    Ok(())
}

/// Asks a model as its documentation says. Nothing in here knows that there are secrets.
async fn ask(
    client: &ClientWithMiddleware,
    server: &str,
    model: &str,
    text: &str,
) -> Result<(), Box<dyn Error>> {
    let text = serde_json::to_string(text)?;
    let body = format!(r#"{{"model":"{model}","messages":[{{"role":"user","content":{text}}}]}}"#);
    let request = client.post(format!("{server}/v1/chat/completions"));
    let response = request.header(CONTENT_TYPE, "application/json").body(body).send().await?;
    let refused = response.extensions().get::<Refused>().cloned();
    println!("answer     {} {}", response.status(), response.text().await?);
    if let Some(refused) = refused {
        println!("           {refused}");
    }
    Ok(())
}

/// A model that has little to say. It prints what it is sent.
async fn serve() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answers = |body: String| async move {
        println!("server saw {body}");
        Json("I see.")
    };
    let router = Router::new().route("/v1/chat/completions", post(answers));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}"))
}
