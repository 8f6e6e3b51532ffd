//! Requests to language models, before they leave.

use std::path::PathBuf;
use std::sync::Arc;

use arc_swap::ArcSwap;
use http::{HeaderMap, HeaderName, HeaderValue, Method};
use keepmum::prompt::{self, Api, Hosts, PreSend, Refused, Why};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::pybacked::PyBackedBytes;
use pyo3::types::{PyBytes, PyString};

use crate::entry::{caught, looked};
use crate::error;
use crate::keys::Requests;
use crate::opening::Opened;
use crate::redactor::Redactor;

/// Headers as clients have them: in order, some more than once.
type Headers = Vec<(PyBackedBytes, PyBackedBytes)>;
type NewHeaders<'py> = Vec<(Bound<'py, PyBytes>, Bound<'py, PyBytes>)>;

/// Stands where the requests of a client leave the process.
#[pyclass(frozen, module = "keepmum._keepmum")]
pub(crate) struct Exit {
    redactor: Py<Redactor>,
    requests: Requests,
    hosts: Hosts,
    made: ArcSwap<Made>,
}

/// Made of what was in force then.
struct Made {
    exit: prompt::Exit,
    pre_send: PreSend,
    /// Falls last.
    of: Arc<Opened>,
}

impl Made {
    fn new(of: Arc<Opened>, requests: &Requests, hosts: &Hosts) -> PyResult<Self> {
        let pre_send = requests.pre_send(&of)?;
        let exit = prompt::Exit::new(pre_send.clone()).with_hosts(hosts.clone());
        Ok(Self { exit, pre_send, of })
    }
}

impl Exit {
    /// What looks through requests now. Made anew in a process that was forked off.
    fn made(&self, py: Python<'_>) -> PyResult<Arc<Made>> {
        let opened = self.redactor.get().opened(py);
        let made = self.made.load_full();
        if Arc::ptr_eq(&made.of, &opened) {
            return Ok(made);
        }
        let made = Arc::new(Made::new(Arc::clone(&opened), &self.requests, &self.hosts)?);
        self.made.store(Arc::clone(&made));
        Ok(made)
    }
}

#[pymethods]
impl Exit {
    #[new]
    #[pyo3(signature = (redactor, key_file, hosts))]
    fn new(
        py: Python<'_>,
        redactor: Py<Redactor>,
        key_file: Option<PathBuf>,
        hosts: Option<Vec<String>>,
    ) -> PyResult<Self> {
        let inner = redactor.get();
        let requests = Requests::read(&inner.opening, key_file)?;
        let hosts = hosts.map_or_else(Hosts::everything, |hosts| {
            hosts.iter().fold(Hosts::providers(), |all, host| all.and(host))
        });
        let made = Made::new(Arc::clone(&inner.opened(py)), &requests, &hosts)?;
        Ok(Self { requests, hosts, made: ArcSwap::from_pointee(made), redactor })
    }

    /// The longest body that is looked through, in bytes.
    #[getter]
    fn longest(&self, py: Python<'_>) -> PyResult<usize> {
        Ok(self.made(py)?.pre_send.longest())
    }

    /// What a request is; none if it passes untouched.
    fn api(
        &self,
        py: Python<'_>,
        host: Option<&str>,
        path: &str,
        headers: Headers,
    ) -> PyResult<Option<&'static str>> {
        let (made, headers) = (self.made(py)?, map(&headers)?);
        Ok(made.exit.api(host, path, &headers).map(Api::as_str))
    }

    /// The headers and the body that may be sent.
    fn look<'py>(
        &self,
        py: Python<'py>,
        api: &str,
        method: &str,
        headers: Headers,
        body: PyBackedBytes,
    ) -> PyResult<(NewHeaders<'py>, Bound<'py, PyBytes>)> {
        let (made, api, mut map) = (self.made(py)?, named(api)?, map(&headers)?);
        let method = method.parse::<Method>().map_err(unreadable(api))?;
        let sent = looked(py, body.len(), || {
            let whole = body.as_ref().to_vec().into();
            made.exit.look_whole(api, &method, &mut map, whole)
        })?
        .map_err(error::refused)?;
        Ok((listed(py, &headers, &map), PyBytes::new(py, &sent)))
    }

    /// What restores the reply behind these headers, and its headers then; none if it passes as it comes.
    fn reply<'py>(
        &self,
        py: Python<'py>,
        api: &str,
        headers: Headers,
    ) -> PyResult<Option<(Reply, NewHeaders<'py>)>> {
        let (made, api, mut map) = (self.made(py)?, named(api)?, map(&headers)?);
        let reply = caught(|| made.exit.reply(api, &mut map))?;
        let of = Arc::clone(&made.of);
        Ok(reply.map(|reply| (Reply { reply: Some(reply), _of: of }, listed(py, &headers, &map))))
    }

    /// The JSON body of a request, as it may be sent.
    fn redact_body<'py>(
        &self,
        py: Python<'py>,
        api: &str,
        body: PyBackedBytes,
    ) -> PyResult<Bound<'py, PyBytes>> {
        let (made, api) = (self.made(py)?, named(api)?);
        let sent = looked(py, body.len(), || made.pre_send.redact_body(api, &body))?;
        Ok(PyBytes::new(py, &sent.map_err(error::refused)?.body))
    }

    /// A text, as it may be sent.
    fn redact_text<'py>(
        &self,
        api: &str,
        text: &Bound<'py, PyString>,
    ) -> PyResult<Bound<'py, PyString>> {
        let (py, api) = (text.py(), named(api)?);
        let (made, old) = (self.made(py)?, text.to_str()?);
        let sent = looked(py, old.len(), || made.pre_send.redact_text(api, old))?;
        let new = sent.map_err(error::refused)?.body;
        Ok(PyString::new(py, &String::from_utf8_lossy(&new)))
    }
}

/// A reply, in whose tool calls values come back where a rule allows it.
#[pyclass(module = "keepmum._keepmum")]
pub(crate) struct Reply {
    /// None once it is finished or has failed.
    reply: Option<prompt::Reply>,
    /// Falls last.
    _of: Arc<Opened>,
}

#[pymethods]
impl Reply {
    fn push<'py>(&mut self, py: Python<'py>, chunk: &[u8]) -> PyResult<Bound<'py, PyBytes>> {
        let over = || PyValueError::new_err("the reply is finished, or has failed");
        let mut reply = self.reply.take().ok_or_else(over)?;
        let mut out = Vec::new();
        looked(py, chunk.len(), || reply.push(chunk, &mut out))?;
        self.reply = Some(reply);
        Ok(PyBytes::new(py, &out))
    }

    fn finish<'py>(&mut self, py: Python<'py>) -> PyResult<Bound<'py, PyBytes>> {
        let mut out = Vec::new();
        if let Some(reply) = self.reply.take() {
            drop(caught(|| reply.finish(&mut out))?);
        }
        Ok(PyBytes::new(py, &out))
    }
}

fn named(api: &str) -> PyResult<Api> {
    let known = Api::ALL.into_iter().find(|known| known.as_str() == api);
    known.ok_or_else(|| PyValueError::new_err(format!("unknown api {api:?}")))
}

fn map(headers: &Headers) -> PyResult<HeaderMap> {
    let mut map = HeaderMap::new();
    for (name, value) in headers {
        let name = HeaderName::from_bytes(name).map_err(unreadable(Api::Json))?;
        map.append(name, HeaderValue::from_bytes(value).map_err(unreadable(Api::Json))?);
    }
    Ok(map)
}

/// The headers as they came, where they are as they were: names keep their case, and all their order.
fn listed<'py>(py: Python<'py>, old: &Headers, new: &HeaderMap) -> NewHeaders<'py> {
    let bytes = |bytes: &[u8]| PyBytes::new(py, bytes);
    let stays = |name: &[u8], value: &[u8]| {
        let name = HeaderName::from_bytes(name).ok();
        name.is_some_and(|name| new.get_all(name).iter().any(|new| new.as_bytes() == value))
    };
    let kept = old.iter().filter(|(name, value)| stays(name, value));
    let mut all: NewHeaders<'py> = kept.map(|(name, value)| (bytes(name), bytes(value))).collect();
    let known = |name: &HeaderName, value: &HeaderValue| {
        let mut old = old.iter();
        old.any(|(old, was)| old.eq_ignore_ascii_case(name.as_ref()) && **was == *value.as_bytes())
    };
    let added = new.iter().filter(|(name, value)| !known(name, value));
    all.extend(added.map(|(name, value)| (bytes(name.as_ref()), bytes(value.as_bytes()))));
    all
}

fn unreadable<E>(api: Api) -> impl Fn(E) -> PyErr {
    move |_| error::refused(Refused::new(api, Why::Unreadable("a request with such a head")))
}
