//! The client that is wrapped.

use std::pin::Pin;
use std::task::{Context, Poll};

use http::{Request, Response};
use http_body::Body;
use tower_service::Service;

use super::body::OrWhole;
use crate::prompt::Api;
use crate::prompt::request::{Exit, Restored, refusal};

/// A client whose requests are looked through. See [`PreSendLayer`](super::PreSendLayer).
#[derive(Clone, Debug)]
pub struct PreSendService<S> {
    pub(super) inner: S,
    pub(super) exit: Exit,
}

type Answer<R> = Response<OrWhole<Restored<R>>>;

impl<S, B, R> Service<Request<B>> for PreSendService<S>
where
    S: Service<Request<OrWhole<B>>, Response = Response<R>> + Clone + Send + 'static,
    S::Future: Send,
    B: Body + Send + 'static,
    R: Body + 'static,
{
    type Response = Answer<R>;
    type Error = S::Error;
    type Future = Pin<Box<dyn Future<Output = Result<Answer<R>, S::Error>> + Send>>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), S::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, request: Request<B>) -> Self::Future {
        let (uri, headers) = (request.uri(), request.headers());
        let Some(api) = self.exit.api(uri.host(), uri.path(), headers) else {
            let sent = self.inner.call(request.map(OrWhole::passing));
            return Box::pin(async {
                Ok(sent.await?.map(|body| OrWhole::passing(Restored::new(body, None))))
            });
        };
        // The one that is ready is called; its clone has to become ready anew.
        let clone = self.inner.clone();
        let ready = std::mem::replace(&mut self.inner, clone);
        Box::pin(send(ready, self.exit.clone(), api, request))
    }
}

/// Looks through a request and sends it, if it may be sent.
async fn send<S, B, R>(
    mut client: S,
    exit: Exit,
    api: Api,
    request: Request<B>,
) -> Result<Answer<R>, S::Error>
where
    S: Service<Request<OrWhole<B>>, Response = Response<R>>,
    B: Body,
    R: Body,
{
    let (mut head, body) = request.into_parts();
    let looked = exit.look(api, &head.method, &mut head.headers, body).await;
    let body = match looked {
        Ok(body) => OrWhole::whole(body),
        Err(refused) => return Ok(refusal(refused).map(OrWhole::whole)),
    };
    let (mut head, body) = client.call(Request::from_parts(head, body)).await?.into_parts();
    let reply = exit.reply(api, &mut head.headers);
    Ok(Response::from_parts(head, OrWhole::passing(Restored::new(body, reply))))
}
