//! What stands beside records and spans: who made them and where.

use opentelemetry::{InstrumentationScope, KeyValue};
use opentelemetry_sdk::Resource;

use super::value::Rewriter;

impl Rewriter {
    /// The scope, if something in it changed.
    pub(super) fn scope(&self, scope: &InstrumentationScope) -> Option<InstrumentationScope> {
        let name = self.text(scope.name());
        let version = scope.version().and_then(|version| self.text(version));
        let schema = scope.schema_url().and_then(|url| self.text(url));
        let attributes =
            self.attributes(|| scope.attributes().map(|pair| (&pair.key, &pair.value)));
        if name.is_none() && version.is_none() && schema.is_none() && attributes.is_none() {
            return None;
        }
        let name = name.unwrap_or_else(|| scope.name().to_owned());
        let mut new = InstrumentationScope::builder(name)
            .with_attributes(attributes.unwrap_or_else(|| scope.attributes().cloned().collect()));
        if let Some(version) = version.or_else(|| scope.version().map(str::to_owned)) {
            new = new.with_version(version);
        }
        if let Some(url) = schema.or_else(|| scope.schema_url().map(str::to_owned)) {
            new = new.with_schema_url(url);
        }
        Some(new.build())
    }

    /// The resource, if one of its attributes or its schema changed.
    pub(super) fn resource(&self, resource: &Resource) -> Option<Resource> {
        let attributes = self.attributes(|| resource.iter());
        let schema = resource.schema_url().and_then(|url| self.text(url));
        if attributes.is_none() && schema.is_none() {
            return None;
        }
        let attributes = attributes.unwrap_or_else(|| {
            resource.iter().map(|(key, value)| KeyValue::new(key.clone(), value.clone())).collect()
        });
        let schema = schema.or_else(|| resource.schema_url().map(str::to_owned));
        let new = Resource::builder_empty();
        Some(match schema {
            Some(url) => new.with_schema_url(attributes, url).build(),
            None => new.with_attributes(attributes).build(),
        })
    }
}
