//! `async-openai` with a service of one's own: requests are looked through, and what is not sent is an error as the provider
//! would give it.
#![expect(clippy::print_stdout, reason = "it shows what it does")]

use std::error::Error;

use async_openai::Client;
use async_openai::config::OpenAIConfig;
use async_openai::error::OpenAIError;
use async_openai::middleware::HttpRequestFactory;
use async_openai::types::chat::{
    ChatCompletionRequestUserMessageArgs, CreateChatCompletionRequest,
    CreateChatCompletionRequestArgs,
};
use axum::{Json, Router, routing::post};
use keepmum::prompt::{Hosts, PreSend, PreSendMiddleware};
use keepmum::{Redactor, ReferenceKey};
use reqwest_middleware::ClientBuilder;
use serde_json::{Value, json};
use tokio::net::TcpListener;

const PASSWORD: &str = "correct horse battery staple";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let redactor = Redactor::builder().builtin_rules().secret("db-password", PASSWORD)?.build()?;
    let key = ReferenceKey::new(b"32 random bytes, from a file");
    let guard = PreSend::builder(redactor.into(), key).build()?;
    let config = OpenAIConfig::new().with_api_base(serve().await?).with_api_key("none");
    let client = client(guard, config);

    let answer = client.chat().create(question("m", &format!("Is {PASSWORD} good?"))?).await?;
    println!("answer     {:?}", answer.choices[0].message.content);

    // The name of a model must not be changed, so this is not sent.
    let refused = client.chat().create(question(PASSWORD, "Who are you?")?).await;
    println!("answer     {}", refused.err().map(|error| error.to_string()).unwrap_or_default());
    Ok(())
}

/// A client that sends with a client of `reqwest` that looks through requests.
fn client(guard: PreSend, config: OpenAIConfig) -> Client<OpenAIConfig> {
    // Providers are known. The server of this example is not.
    let hosts = Hosts::providers().and("127.0.0.1");
    let sender = ClientBuilder::new(reqwest::Client::new())
        .with(PreSendMiddleware::new(guard).hosts(hosts))
        .build();
    let service = tower::service_fn(move |factory: HttpRequestFactory| {
        let sender = sender.clone();
        async move {
            let sent = sender.execute(factory.build().await?).await;
            sent.map_err(|error| OpenAIError::Boxed(error.into()))
        }
    });
    Client::with_config(config).with_http_service(service)
}

fn question(model: &str, text: &str) -> Result<CreateChatCompletionRequest, OpenAIError> {
    let message = ChatCompletionRequestUserMessageArgs::default().content(text).build()?;
    CreateChatCompletionRequestArgs::default().model(model).messages([message.into()]).build()
}

/// A model that repeats what it is told. It prints what it is sent.
async fn serve() -> Result<String, Box<dyn Error>> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let answers = |Json(body): Json<Value>| async move {
        println!("server saw {body}");
        let message = json!({"role": "assistant", "content": body["messages"][0]["content"]});
        let choice =
            json!({"index": 0, "finish_reason": "stop", "logprobs": null, "message": message});
        Json(
            json!({"id": "1", "object": "chat.completion", "created": 1, "model": "m", "choices": [choice]}),
        )
    };
    let router = Router::new().route("/v1/chat/completions", post(answers));
    tokio::spawn(async move { axum::serve(listener, router).await });
    Ok(format!("http://{address}/v1"))
}
