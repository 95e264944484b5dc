//! How the address of a service is made of what is known of an instance.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::ServiceInstance;

/// A pattern such as `{scheme}://{address}:{port}`, of which each instance makes its address.
///
/// In braces stand names: `scheme` (`https` if there is an `ssl-port`, else `http`), `name`, `id`,
/// `address`, `port`, `ssl-port`, `registration-time-utc`, `service-type`, `[` and `]` for braces,
/// and whatever the caller adds. What is not known is left out, as Curator does.
///
/// ```
/// use zookit_recipes::discovery::{ServiceInstance, UriSpec};
///
/// let mut instance = ServiceInstance::new("search", "1", "10.0.0.7", 8080);
/// instance.uri_spec = Some("{scheme}://{address}:{port}/find?in={index}".parse()?);
/// assert_eq!(instance.uri_with([("index", "words")]).unwrap(), "http://10.0.0.7:8080/find?in=words");
/// # Ok::<(), zookit_recipes::discovery::UriSpecError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct UriSpec {
    /// Its parts, in order.
    #[serde(default)]
    pub parts: Vec<Part>,
}

/// A part of a [`UriSpec`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The text, or the name.
    pub value: String,
    /// Whether it is a name.
    pub variable: bool,
}

/// A brace that is not closed, or none was opened before.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the braces of {spec:?} do not match")]
pub struct UriSpecError {
    spec: Box<str>,
}

impl FromStr for UriSpec {
    type Err = UriSpecError;

    fn from_str(spec: &str) -> Result<Self, UriSpecError> {
        let bad = || UriSpecError { spec: spec.into() };
        let mut parts = Vec::new();
        let (mut rest, mut variable) = (spec, false);
        while let Some(place) = rest.find(['{', '}']) {
            let (text, behind) = rest.split_at(place);
            if variable != behind.starts_with('}') {
                return Err(bad());
            }
            parts.extend(Part::of(text, variable));
            (rest, variable) = (&behind[1..], !variable);
        }
        if variable {
            return Err(bad());
        }
        parts.extend(Part::of(rest, false));
        Ok(Self { parts })
    }
}

impl Part {
    /// Nothing is no part.
    fn of(text: &str, variable: bool) -> Option<Self> {
        let value = if variable { text.trim() } else { text };
        (!text.is_empty()).then(|| Self { value: value.to_owned(), variable })
    }
}

impl fmt::Display for UriSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.parts.iter().try_for_each(|part| match part.variable {
            true => write!(f, "{{{}}}", part.value),
            false => f.write_str(&part.value),
        })
    }
}

impl UriSpec {
    /// What the pattern makes of an instance, and of names beyond those that it has.
    pub(super) fn build(&self, instance: &ServiceInstance, more: &BTreeMap<&str, &str>) -> String {
        let mut built = String::new();
        for part in &self.parts {
            if !part.variable {
                built.push_str(&part.value);
            } else if let Some(value) = more.get(part.value.as_str()) {
                built.push_str(value);
            } else if let Some(value) = known(instance, &part.value) {
                built.push_str(&value);
            }
        }
        built
    }
}

fn known(instance: &ServiceInstance, name: &str) -> Option<String> {
    let port = |port: Option<u16>| port.map(|port| port.to_string());
    match name {
        "scheme" if instance.ssl_port.is_some() => Some("https".to_owned()),
        "scheme" => Some("http".to_owned()),
        "name" => Some(instance.name.clone()),
        "id" => Some(instance.id.clone()),
        "address" => instance.address.clone(),
        "port" => port(instance.port),
        "ssl-port" => port(instance.ssl_port),
        "registration-time-utc" => Some(instance.registration_time_utc.to_string()),
        "service-type" => instance.service_type.map(|it| it.name().to_lowercase()),
        "[" => Some("{".to_owned()),
        "]" => Some("}".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pattern_is_read_and_written_back() {
        for spec in ["", "{scheme}://{address}:{port}", "plain", "{a}/b/{c}", "{[}{]}"] {
            assert_eq!(spec.parse::<UriSpec>().unwrap().to_string(), spec);
        }
        let spaced: UriSpec = "{ port }".parse().unwrap();
        assert_eq!(spaced.to_string(), "{port}");
        for bad in ["{", "}", "{a", "a}", "{a{b}}"] {
            assert!(bad.parse::<UriSpec>().is_err(), "{bad}");
        }
    }

    #[test]
    fn an_instance_fills_in_what_it_knows() {
        let mut instance = ServiceInstance::new("search", "1", "host", 80);
        let built = |spec: &str, instance: &ServiceInstance| {
            let spec: UriSpec = spec.parse().unwrap();
            spec.build(instance, &BTreeMap::from([("me", "x"), ("id", "mine")]))
        };
        let all = "{scheme} {name} {id} {address} {port} {service-type} {[}{me}{]} {none}.";
        assert_eq!(built(all, &instance), "http search mine host 80 dynamic {x} .");
        instance.ssl_port = Some(443);
        assert_eq!(built("{scheme}:{ssl-port}", &instance), "https:443");
    }
}
