//! What an archive says that is in it: OCI's index, or Docker's list of images.

use std::io;

use serde_json::{Value, json};

use super::archive::Archive;

/// How deep indexes may stand in indexes, and how many images there may be.
const DEEPEST: usize = 4;
const MOST_IMAGES: usize = 1024;

/// An image.
pub(super) struct Image {
    pub(super) config: Value,
    pub(super) annotations: Value,
    /// From the lowest up.
    pub(super) layers: Vec<Blob>,
}

/// A layer, or something else that a manifest names.
pub(super) struct Blob {
    /// Its name in the archive.
    pub(super) name: String,
    /// As the manifest has it.
    pub(super) digest: String,
    pub(super) form: Form,
}

/// What a blob is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Form {
    Archive,
    /// Beside layers a manifest may name documents: attestations, lists of packages.
    Document,
}

/// The images of an archive.
///
/// # Errors
///
/// It holds none, or one that is not whole.
pub(super) fn images(archive: &Archive) -> io::Result<Vec<Image>> {
    let mut images = Vec::new();
    if archive.has("index.json") {
        gather(archive, &archive.json("index.json")?, DEEPEST, &mut images)?;
    } else if archive.has("manifest.json") {
        let list = archive.json("manifest.json")?;
        for entry in list.as_array().into_iter().flatten().take(MOST_IMAGES) {
            images.push(docker(archive, entry)?);
        }
    } else {
        return Err(io::Error::other("no image: neither index.json nor manifest.json is in it"));
    }
    if images.is_empty() {
        return Err(io::Error::other("it holds no image"));
    }
    Ok(images)
}

/// An index of OCI, and those in it.
fn gather(
    archive: &Archive,
    index: &Value,
    deepest: usize,
    images: &mut Vec<Image>,
) -> io::Result<()> {
    if deepest == 0 {
        return Err(io::Error::other("indexes stand too deep in indexes"));
    }
    for entry in index["manifests"].as_array().into_iter().flatten() {
        if images.len() == MOST_IMAGES {
            return Err(io::Error::other("it holds too many images"));
        }
        let blob = blob(entry)?;
        // Of an image for several machines an archive may hold one alone.
        if !archive.has(&blob.name) {
            continue;
        }
        let manifest = archive.json(&blob.name)?;
        if manifest["manifests"].is_array() {
            gather(archive, &manifest, deepest - 1, images)?;
        } else {
            images.push(oci(archive, &manifest)?);
        }
    }
    Ok(())
}

fn oci(archive: &Archive, manifest: &Value) -> io::Result<Image> {
    let layers = manifest["layers"].as_array().into_iter().flatten();
    let layers = layers.map(blob).collect::<io::Result<_>>()?;
    let config = archive.json(&blob(&manifest["config"])?.name)?;
    let annotations = json!({
        "annotations": manifest["annotations"],
        "layers": manifest["layers"].as_array().map(|layers| {
            layers.iter().map(|layer| layer["annotations"].clone()).collect::<Vec<_>>()
        }),
    });
    Ok(Image { config, annotations, layers })
}

fn docker(archive: &Archive, entry: &Value) -> io::Result<Image> {
    let no_name = || io::Error::other("manifest.json names something that is no text");
    let config = archive.json(entry["Config"].as_str().ok_or_else(no_name)?)?;
    let names = entry["Layers"].as_array().into_iter().flatten();
    let digests = config["rootfs"]["diff_ids"].as_array().cloned().unwrap_or_default();
    let layer = |(at, name): (usize, &Value)| {
        let name = name.as_str().ok_or_else(no_name)?.to_owned();
        let digest = digests.get(at).and_then(Value::as_str).unwrap_or(&name).to_owned();
        Ok(Blob { name, digest, form: Form::Archive })
    };
    let layers = names.enumerate().map(layer).collect::<io::Result<_>>()?;
    Ok(Image { config, annotations: Value::Null, layers })
}

/// What a manifest names, and where it lies.
fn blob(named: &Value) -> io::Result<Blob> {
    let good = |digest: &&str| {
        digest.split_once(':').is_some_and(|(kind, hash)| {
            let plain = |text: &str| text.bytes().all(|byte| byte.is_ascii_alphanumeric());
            plain(kind) && plain(hash)
        })
    };
    let digest = named["digest"].as_str().filter(good);
    let digest =
        digest.ok_or_else(|| io::Error::other("a manifest has no digest where one belongs"))?;
    // What does not say what it is counts as a layer.
    let document = named["mediaType"].as_str().is_some_and(|kind| !kind.contains("tar"));
    let form = if document { Form::Document } else { Form::Archive };
    let name = format!("blobs/{}", digest.replace(':', "/"));
    Ok(Blob { name, digest: digest.to_owned(), form })
}
