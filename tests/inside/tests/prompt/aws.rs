//! The client of Bedrock: what it signs is what is sent.

use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_bedrockruntime::Client;
use aws_sdk_bedrockruntime::config::retry::RetryConfig;
use aws_sdk_bedrockruntime::config::{BehaviorVersion, Builder, Credentials, Region};
use aws_sdk_bedrockruntime::primitives::Blob;
use aws_sdk_bedrockruntime::types::{ContentBlock, ConversationRole, Message};
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextMut;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::ConfigBag;
use bytes::Bytes;
use hmac::{Hmac, Mac};
use http_body_util::Full;
use keepmum::prompt::{PreSend, PreSendInterceptor, Refused, Why};
use sha2::{Digest, Sha256};

use crate::guard::{PASSWORD, at_most, blocks, guard, panics, reference};
use crate::server::{Reply, Seen, Server, whole};

const SECRET_KEY: &str = "the other half of the key";

fn config(server: &Server) -> Builder {
    Builder::new()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new("eu-west-1"))
        .endpoint_url(server.url(""))
        .credentials_provider(Credentials::new("one-half", SECRET_KEY, None, None, "test"))
        .http_client(aws_smithy_http_client::Builder::new().build_http())
        .retry_config(RetryConfig::standard().with_initial_backoff(Duration::from_millis(1)))
}

fn client(server: &Server, guard: PreSend) -> Client {
    Client::from_conf(config(server).interceptor(PreSendInterceptor::new(guard)).build())
}

/// Says `text` to a model; what goes wrong is told by its deepest causes.
async fn converse(client: &Client, text: &str) -> Result<(), Refused> {
    let message = Message::builder()
        .role(ConversationRole::User)
        .content(ContentBlock::Text(text.to_owned()))
        .build()
        .unwrap();
    let sent = client.converse().model_id("model").messages(message).send().await;
    sent.map(drop).map_err(|error| refused(&error))
}

fn refused(error: &(dyn Error + 'static)) -> Refused {
    let mut next = Some(error);
    while let Some(error) = next {
        assert!(!format!("{error} {error:?}").contains(PASSWORD));
        if let Some(refused) = error.downcast_ref::<Refused>() {
            return refused.clone();
        }
        next = error.source();
    }
    panic!("nothing was refused: {error:?}");
}

async fn server() -> Server {
    Server::answering(|seen| if is_signed(seen) { answer() } else { failure() }).await
}

fn answer() -> Reply {
    whole(
        r#"{"output": {"message": {"role": "assistant", "content": []}}, "stopReason": "end_turn", "usage": {"inputTokens": 1, "outputTokens": 1, "totalTokens": 2}, "metrics": {"latencyMs": 1}}"#,
    )
}

fn failure() -> Reply {
    let mut reply = whole(r#"{"message": "no"}"#);
    *reply.status_mut() = http::StatusCode::INTERNAL_SERVER_ERROR;
    reply
}

/// Whether the signature is right for the body that arrived, by the steps of AWS Signature Version 4.
fn is_signed(seen: &Seen) -> bool {
    let sum = |bytes: &[u8]| hex(&Sha256::digest(bytes));
    let authorization = seen.header("authorization").unwrap();
    let part = |name: &str| {
        let (_, rest) = authorization.split_once(&format!("{name}=")).unwrap();
        rest.split(',').next().unwrap()
    };
    let (_, scope) = part("Credential").split_once('/').unwrap();
    let mut request = format!("POST\n{}\n\n", seen.path);
    for name in part("SignedHeaders").split(';') {
        request += &format!("{name}:{}\n", seen.header(name).unwrap());
    }
    request += &format!("\n{}\n{}", part("SignedHeaders"), sum(&seen.body));
    let date = seen.header("x-amz-date").unwrap();
    let text = format!("AWS4-HMAC-SHA256\n{date}\n{scope}\n{}", sum(request.as_bytes()));
    let key = format!("AWS4{SECRET_KEY}").into_bytes();
    let key = scope.split('/').fold(key, |key, part| keyed(&key, part));
    part("Signature") == hex(&keyed(&key, &text))
}

fn keyed(key: &[u8], text: &str) -> Vec<u8> {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).unwrap();
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().to_vec()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn the_signature_is_of_what_was_redacted() {
    let server = server().await;
    converse(&client(&server, guard()), &format!("it is {PASSWORD}")).await.unwrap();
    let seen = server.only();
    assert!(seen.text().contains(&format!("it is {}", reference())), "{}", seen.text());
    assert_eq!(seen.header("content-length"), Some(seen.body.len().to_string().as_str()));
    // It would not be right for another body.
    assert!(is_signed(&seen));
    assert!(!is_signed(&Seen { body: Bytes::from_static(b"{}"), ..seen }));
}

#[tokio::test]
async fn clean_bodies_are_what_they_are_without_keepmum() {
    let (with, without) = (server().await, server().await);
    converse(&client(&with, guard()), "hello").await.unwrap();
    converse(&Client::from_conf(config(&without).build()), "hello").await.unwrap();
    assert_eq!(with.only().body, without.only().body);
}

#[tokio::test]
async fn every_attempt_is_looked_through() {
    let tries = Arc::new(AtomicUsize::new(0));
    let server = Server::answering(move |seen| {
        let first = tries.fetch_add(1, Ordering::Relaxed) == 0;
        if first || !is_signed(seen) { failure() } else { answer() }
    })
    .await;
    converse(&client(&server, guard()), PASSWORD).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen.len(), 2);
    assert!(seen.iter().all(|seen| seen.text().contains(&reference()) && is_signed(seen)));
}

#[tokio::test]
async fn what_must_not_be_sent_is_not() {
    let server = server().await;
    let blocked = converse(&client(&server, blocks()), PASSWORD).await.unwrap_err();
    assert!(matches!(blocked.why(), Why::Blocked { .. }));
    let long = converse(&client(&server, at_most(9)), "hello").await.unwrap_err();
    assert_eq!(long.why(), &Why::TooLarge(9));
    let panicked = converse(&client(&server, panics()), PASSWORD).await.unwrap_err();
    assert!(matches!(panicked.why(), Why::Unreadable(_)));
    server.saw_nothing();
}

#[tokio::test]
async fn a_body_of_another_maker_is_known_by_its_model() {
    let server = server().await;
    let client = client(&server, guard());
    let body = |thinks: &str| {
        let body = r#"{"messages": [{"role": "assistant", "content": [{"type": "thinking", "thinking": "THINKS", "signature": "x"}]}]}"#;
        Blob::new(body.replace("THINKS", thinks))
    };
    let invoke = |model: &str, thinks: &str| {
        client
            .invoke_model()
            .model_id(model)
            .content_type("application/json")
            .body(body(thinks))
            .send()
    };
    // What Anthropic has signed must not be changed.
    assert!(matches!(
        refused(&invoke("anthropic.claude", PASSWORD).await.unwrap_err()).why(),
        Why::Fixed { .. }
    ));
    server.saw_nothing();
    invoke("anthropic.claude", "nothing").await.unwrap();
    invoke("other", PASSWORD).await.unwrap();
    let seen = server.seen();
    assert_eq!(seen[0].body, body("nothing").as_ref());
    assert_eq!(seen[1].body, body(&reference()).as_ref());
}

/// Makes bodies of a kind that nobody can look into.
#[derive(Debug)]
enum Hides {
    InStream,
    InGzip,
}

impl Intercept for Hides {
    fn name(&self) -> &'static str {
        "Hides"
    }

    fn modify_before_signing(
        &self,
        context: &mut BeforeTransmitInterceptorContextMut<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request_mut();
        match self {
            Self::InStream => {
                let body = Full::new(Bytes::from_static(b"{}"));
                *request.body_mut() = SdkBody::from_body_1_x(body);
            }
            Self::InGzip => drop(request.headers_mut().insert("content-encoding", "gzip")),
        }
        Ok(())
    }
}

#[tokio::test]
async fn bodies_that_cannot_be_looked_into_are_not_sent() {
    for hides in [Hides::InStream, Hides::InGzip] {
        let server = server().await;
        let config =
            config(&server).interceptor(hides).interceptor(PreSendInterceptor::new(guard()));
        let refused = converse(&Client::from_conf(config.build()), "hello").await.unwrap_err();
        assert_eq!(refused.status(), 415);
        server.saw_nothing();
    }
}
