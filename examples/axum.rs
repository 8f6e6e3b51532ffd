//! A server whose handlers log what they get, with layers of its own, and with metrics that tell what was redacted.

use std::collections::HashMap;
use std::error::Error;
use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::{HeaderMap, header};
use axum::response::IntoResponse;
use axum::{Router, routing::get};
use keepmum::otel::{Metrics, Prometheus};
use keepmum::rule::template::expand;
use keepmum::subscriber::{RedactMakeWriter, RedactingExt as _, set_panic_hook};
use keepmum::{Guard, Redactor};
use opentelemetry::metrics::MeterProvider as _;
use opentelemetry_sdk::metrics::SdkMeterProvider;
use tracing::{info, warn};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, fmt, registry};

/// A password that no rule would know: it is told to the redactor.
const PASSWORD: &str = "correct horse battery";

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    // A guard is what adapters redact with: here one redactor, and metrics that are told what it does. Use a `SecretStore`
    // in the redactor's place if secrets change while the server runs.
    let prometheus = Arc::new(Prometheus::new(SdkMeterProvider::builder())?);
    let metrics = Metrics::new(&prometheus.provider().meter("keepmum"));
    let redactor = Redactor::builder().builtin_rules().secret("db-password", PASSWORD)?.build()?;
    let guard = Guard::from(redactor).observed_by(Arc::new(metrics));

    // Layers as always. `redacting` goes around all of them, so that it has to come last: none of them sees a secret. The
    // writer is the second line: it also sees names of spans, and what two fields only make together.
    let lines = fmt::layer().with_writer(RedactMakeWriter::new(std::io::stdout, guard.clone()));
    registry()
        .with(EnvFilter::new("info"))
        .with(lines.with_ansi(false))
        .redacting(guard.clone())
        .init();
    set_panic_hook(guard);

    // Handlers know nothing of all this.
    let router = Router::new()
        .route("/login", get(login))
        .route("/hook", get(hook))
        .route("/metrics", get(show_metrics))
        .with_state(prometheus);
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let address = listener.local_addr()?;
    let server = tokio::spawn(async move { axum::serve(listener, router).await });

    // Somebody uses the server. A token of GitHub's, made up on the spot: a rule knows what they look like.
    let token = expand("ghp_{alnum:36}", 7)?.text;
    let client = reqwest::Client::new();
    let login = format!("http://{address}/login?user=ada&password=correct+horse+battery");
    client.get(login).send().await?;
    client.get(format!("http://{address}/hook")).bearer_auth(&token).send().await?;
    let metrics = client.get(format!("http://{address}/metrics")).send().await?.text().await?;

    // What Prometheus scrapes: which rule was met and how often, never what it found.
    for line in metrics.lines().filter(|line| line.starts_with("keepmum_redactions_total")) {
        info!("{line}");
    }
    server.abort();
    Ok(())
}

/// Logs the query, decoded and as it came.
async fn login(Query(query): Query<HashMap<String, String>>, uri: axum::http::Uri) -> &'static str {
    let user = query.get("user").map_or("nobody", String::as_str);
    // A field whose name tells is hidden whole, whatever stands in it.
    let password = query.get("password").map_or("", String::as_str);
    info!(user, password, %uri, attempt = 1, "login");
    if password == PASSWORD { "welcome" } else { "no" }
}

/// Logs all headers of a request that it does not like.
async fn hook(headers: HeaderMap) -> &'static str {
    warn!(?headers, "a hook that nobody registered");
    "no"
}

/// Metrics as text. They have an address of their own, that only the scraper should reach.
async fn show_metrics(State(prometheus): State<Arc<Prometheus>>) -> impl IntoResponse {
    let text = prometheus.text().unwrap_or_else(|error| format!("# {error}\n"));
    ([(header::CONTENT_TYPE, Prometheus::CONTENT_TYPE)], text)
}
