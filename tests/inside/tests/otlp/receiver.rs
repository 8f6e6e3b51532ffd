//! Servers on loopback that take OTLP and keep it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::logs::v1::logs_service_server::{
    LogsService, LogsServiceServer,
};
use opentelemetry_proto::tonic::collector::logs::v1::{
    ExportLogsServiceRequest, ExportLogsServiceResponse,
};
use opentelemetry_proto::tonic::collector::trace::v1::trace_service_server::{
    TraceService, TraceServiceServer,
};
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse,
};
use prost::Message;
use tokio::net::TcpListener;
use tokio::runtime::Handle;
use tonic::transport::server::{Server, TcpIncoming};
use tonic::{Request, Response, Status, async_trait};

/// What arrived, as protobuf.
#[derive(Clone, Default)]
pub(crate) struct Kept {
    traces: Requests,
    logs: Requests,
}

type Requests = Arc<Mutex<Vec<Vec<u8>>>>;

impl Kept {
    pub(crate) fn traces(&self) -> Vec<Vec<u8>> {
        self.traces.lock().unwrap().clone()
    }

    pub(crate) fn logs(&self) -> Vec<Vec<u8>> {
        self.logs.lock().unwrap().clone()
    }
}

#[async_trait]
impl TraceService for Kept {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        self.traces.lock().unwrap().push(request.into_inner().encode_to_vec());
        Ok(Response::new(Default::default()))
    }
}

#[async_trait]
impl LogsService for Kept {
    async fn export(
        &self,
        request: Request<ExportLogsServiceRequest>,
    ) -> Result<Response<ExportLogsServiceResponse>, Status> {
        self.logs.lock().unwrap().push(request.into_inner().encode_to_vec());
        Ok(Response::new(Default::default()))
    }
}

/// OTLP over gRPC.
pub(crate) fn grpc(runtime: &Handle, kept: Kept) -> SocketAddr {
    let (listener, address) = listen(runtime);
    let server = Server::builder()
        .add_service(TraceServiceServer::new(kept.clone()))
        .add_service(LogsServiceServer::new(kept));
    runtime.spawn(server.serve_with_incoming(TcpIncoming::from(listener)));
    address
}

/// OTLP over HTTP, as protobuf.
pub(crate) fn http(runtime: &Handle, kept: Kept) -> SocketAddr {
    async fn keep(State(requests): State<Requests>, body: Bytes) {
        requests.lock().unwrap().push(body.to_vec());
    }
    let (listener, address) = listen(runtime);
    let router = axum::Router::new()
        .route("/v1/traces", post(keep).with_state(kept.traces))
        .route("/v1/logs", post(keep).with_state(kept.logs));
    runtime.spawn(async move { axum::serve(listener, router).await });
    address
}

fn listen(runtime: &Handle) -> (TcpListener, SocketAddr) {
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    (listener, address)
}
