//! Where a path lies: which engine answers, and how it wants to be asked.

use serde_json::Value;
use vaultrs::api::kv1::responses::GetSecretResponse;
use vaultrs::client::VaultClient;
use vaultrs::kv1;

use super::SourceError;
use super::failure;
use crate::source::failure::Failure;

/// What answers under a mount.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Engine {
    Kv1,
    /// Keys and values with versions: read under `data/`, listed under `metadata/`.
    Kv2,
    /// An engine that makes what it gives, such as `database`.
    Other,
}

/// A path, with its mount told apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    mount: String,
    pub(super) engine: Engine,
    /// Below the mount, without `data/`.
    rest: String,
}

impl Place {
    /// Asks the vault which mount `path` lies in, as its own program does: a mount can have slashes, and a path does not
    /// tell the engine's version.
    ///
    /// In an engine of version 2, `data/` before the path is left out: policies and HTTP write it, `vault kv get` does not.
    pub(super) async fn find(
        source: &str,
        client: &VaultClient,
        path: &str,
    ) -> Result<Self, SourceError> {
        let asked = kv1::get_raw(client, "sys/internal/ui/mounts", path.trim_matches('/')).await;
        let answer = asked.map_err(|error| failure::of(&error).at(source, path))?.data;
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let mount = text(&answer["path"]).ok_or_else(|| Failure::answer().at(source, path))?;
        let engine = match (answer["type"].as_str(), answer["options"]["version"].as_str()) {
            (Some("kv" | "generic"), Some("2")) => Engine::Kv2,
            (Some("kv" | "generic" | "cubbyhole"), _) => Engine::Kv1,
            _ => Engine::Other,
        };
        let rest = path.trim_start_matches('/').strip_prefix(mount.as_str()).unwrap_or("");
        let rest = match engine {
            Engine::Kv2 => rest.strip_prefix("data/").unwrap_or(rest),
            Engine::Kv1 | Engine::Other => rest,
        };
        Ok(Self { mount: mount.trim_end_matches('/').to_owned(), engine, rest: rest.to_owned() })
    }

    /// As a path is written, and as secrets are named after it.
    pub(super) fn path(&self) -> String {
        format!("{}/{}", self.mount, self.rest)
    }

    /// Reads it. What an engine of version 2 wraps is taken out.
    pub(super) async fn read(&self, client: &VaultClient) -> Result<GetSecretResponse, Failure> {
        let path = match self.engine {
            Engine::Kv2 => &format!("data/{}", self.rest),
            Engine::Kv1 | Engine::Other => &self.rest,
        };
        let mut answer =
            kv1::get_raw(client, &self.mount, path).await.map_err(|error| failure::of(&error))?;
        if self.engine == Engine::Kv2 {
            answer.data = answer.data["data"].take();
        }
        if answer.data.is_object() { Ok(answer) } else { Err(Failure::answer()) }
    }

    /// Every secret under it, which ends in `/`.
    pub(super) async fn under(&self, client: &VaultClient) -> Result<Vec<Place>, Failure> {
        let mut found = Vec::new();
        let mut folders = vec![self.rest.clone()];
        while let Some(folder) = folders.pop() {
            let path = match self.engine {
                Engine::Kv2 => &format!("metadata/{folder}"),
                Engine::Kv1 | Engine::Other => &folder,
            };
            let listed = kv1::list(client, &self.mount, path.trim_end_matches('/')).await;
            for key in listed.map_err(|error| failure::of(&error))?.data.keys {
                let rest = format!("{folder}{key}");
                if key.ends_with('/') {
                    folders.push(rest);
                } else {
                    found.push(Place { rest, ..self.clone() });
                }
            }
        }
        Ok(found)
    }
}
