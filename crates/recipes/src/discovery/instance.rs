//! An instance of a service, as Curator writes it.

use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::UriSpec;

/// The name by which Jackson notes the Java class of a payload.
const CLASS: &str = "@class";

/// An instance of a service: where it is, and what else it says of itself.
///
/// Its JSON is that of Curator's `ServiceInstance`, field by field. Fields that are not known are
/// passed over when it is read, and those that are missing are as they are by default.
///
/// ```
/// use zookit_recipes::discovery::ServiceInstance;
///
/// let instance = ServiceInstance::new("search", "0f0e", "10.0.0.7", 8080);
/// assert_eq!(
///     serde_json::to_string(&instance).unwrap(),
///     r#"{"name":"search","id":"0f0e","address":"10.0.0.7","port":8080,"sslPort":null,"#.to_owned()
///         + r#""payload":null,"registrationTimeUTC":0,"serviceType":"DYNAMIC","uriSpec":null}"#,
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct ServiceInstance {
    /// Of the service.
    pub name: String,
    /// Of the instance: no two of a service have one.
    pub id: String,
    /// A host's name or address.
    pub address: Option<String>,
    /// Where it listens.
    pub port: Option<u16>,
    /// Where it listens for TLS.
    pub ssl_port: Option<u16>,
    /// Whatever else there is to be known; see [`payload_as`](Self::payload_as).
    pub payload: Option<Value>,
    /// When it was registered, in milliseconds since 1970, by the clock of who did.
    #[serde(rename = "registrationTimeUTC")]
    pub registration_time_utc: i64,
    /// How long its znode is there.
    pub service_type: Option<ServiceType>,
    /// How its address is made.
    pub uri_spec: Option<UriSpec>,
    /// Whether it is to be used. Written only if it is not: Curator leaves the field out by default,
    /// for those before 3.2, and takes what has none for enabled.
    #[serde(skip_serializing_if = "is_true")]
    pub enabled: bool,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde asks")]
const fn is_true(enabled: &bool) -> bool {
    *enabled
}

impl Default for ServiceInstance {
    fn default() -> Self {
        Self {
            name: String::new(),
            id: String::new(),
            address: None,
            port: None,
            ssl_port: None,
            payload: None,
            registration_time_utc: 0,
            service_type: Some(ServiceType::Dynamic),
            uri_spec: None,
            enabled: true,
        }
    }
}

/// How long the znode of an instance is there.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ServiceType {
    /// As long as the session of who registered it.
    Dynamic,
    /// Until it is unregistered.
    Static,
    /// As `Static`: Curator makes no difference.
    Permanent,
    /// As `Dynamic`, and a number stands behind the id in its path.
    DynamicSequential,
}

impl ServiceType {
    /// Its name in Java.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Dynamic => "DYNAMIC",
            Self::Static => "STATIC",
            Self::Permanent => "PERMANENT",
            Self::DynamicSequential => "DYNAMIC_SEQUENTIAL",
        }
    }

    /// Whether its znode goes with its session.
    #[must_use]
    pub const fn is_dynamic(self) -> bool {
        matches!(self, Self::Dynamic | Self::DynamicSequential)
    }
}

impl ServiceInstance {
    /// An instance with no more than this; the rest is set by its fields.
    #[must_use]
    pub fn new(name: &str, id: &str, address: &str, port: u16) -> Self {
        let (name, id, address) = (name.to_owned(), id.to_owned(), Some(address.to_owned()));
        Self { name, id, address, port: Some(port), ..Self::default() }
    }

    /// The payload as a value of one's own; `None` if there is none. The class that a Java program
    /// noted is passed over: `@class` in an object, or the first of two elements around anything
    /// else.
    ///
    /// ```
    /// use zookit_recipes::discovery::ServiceInstance;
    ///
    /// #[derive(serde::Deserialize)]
    /// struct Shard { from: u32 }
    ///
    /// let by_java = r#"{"name":"search","payload":{"@class":"com.example.Shard","from":7}}"#;
    /// let instance: ServiceInstance = serde_json::from_str(by_java).unwrap();
    /// assert_eq!(instance.payload_as::<Shard>().unwrap().unwrap().from, 7);
    /// ```
    ///
    /// # Errors
    /// It is no such value.
    pub fn payload_as<T: DeserializeOwned>(&self) -> Result<Option<T>, serde_json::Error> {
        let Some(payload) = &self.payload else { return Ok(None) };
        serde_json::from_value(without_class(payload)).map(Some)
    }

    /// Sets the payload; an object gets the name of the Java class that is to read it, if there is
    /// one.
    ///
    /// # Errors
    /// The value cannot be written as JSON.
    pub fn set_payload<T: Serialize>(
        &mut self,
        payload: &T,
        class: Option<&str>,
    ) -> Result<(), serde_json::Error> {
        let mut payload = serde_json::to_value(payload)?;
        if let (Value::Object(fields), Some(class)) = (&mut payload, class) {
            fields.insert(CLASS.to_owned(), class.into());
        }
        self.payload = Some(payload).filter(|payload| !payload.is_null());
        Ok(())
    }

    /// The class of the payload, if a Java program noted one.
    #[must_use]
    pub fn payload_class(&self) -> Option<&str> {
        match self.payload.as_ref()? {
            Value::Object(fields) => fields.get(CLASS)?.as_str(),
            Value::Array(pair) if is_tagged(pair) => pair[0].as_str(),
            _ => None,
        }
    }

    /// Its address by its [`uri_spec`](Self::uri_spec); `None` without one.
    #[must_use]
    pub fn uri(&self) -> Option<String> {
        self.uri_with([])
    }

    /// The same, with values for more names.
    #[must_use]
    pub fn uri_with<'a>(
        &self,
        more: impl IntoIterator<Item = (&'a str, &'a str)>,
    ) -> Option<String> {
        let more: BTreeMap<_, _> = more.into_iter().collect();
        self.uri_spec.as_ref().map(|spec| spec.build(self, &more))
    }
}

/// `["java.util.ArrayList", [...]]`: a class with a dot in its name, and what it stands for.
fn is_tagged(elements: &[Value]) -> bool {
    let class = |text: &str| {
        let plain = |c: char| c.is_alphanumeric() || "._$".contains(c);
        text.contains('.') && !text.ends_with('.') && text.chars().all(plain)
    };
    elements.len() == 2 && elements[0].as_str().is_some_and(class)
}

/// The same without what Jackson notes of classes.
fn without_class(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let kept = fields.iter().filter(|(name, _)| *name != CLASS);
            kept.map(|(name, value)| (name.clone(), value.clone())).collect()
        }
        Value::Array(pair) if is_tagged(pair) => pair[1].clone(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As Curator's serializer writes it by default: the order of the fields is that of its class.
    const BY_CURATOR: &str = concat!(
        r#"{"name":"payment","id":"6d4e","address":"h","port":8005,"sslPort":null,"#,
        r#""payload":{"@class":"com.example.Payload","val":"x"},"registrationTimeUTC":1610116500446,"#,
        r#""serviceType":"DYNAMIC","uriSpec":{"parts":[{"value":"scheme","variable":true},"#,
        r#"{"value":"://","variable":false},{"value":"port","variable":true}]}}"#,
    );

    #[test]
    fn what_curator_writes_is_read_and_written_back_byte_by_byte() {
        let instance: ServiceInstance = serde_json::from_str(BY_CURATOR).unwrap();
        assert_eq!(instance.payload_class(), Some("com.example.Payload"));
        assert_eq!(instance.uri().unwrap(), "http://8005");
        assert!(instance.enabled);
        assert_eq!(serde_json::to_string(&instance).unwrap(), BY_CURATOR);
    }

    #[test]
    fn what_is_missing_or_unknown_does_no_harm() {
        let instance: ServiceInstance = serde_json::from_str("{}").unwrap();
        assert_eq!(instance, ServiceInstance::default());
        assert!(instance.enabled);
        let newer = r#"{"name":"n","enabled":false,"what":10101,"serviceType":"STATIC"}"#;
        let instance: ServiceInstance = serde_json::from_str(newer).unwrap();
        assert!(!instance.enabled);
        assert_eq!(instance.service_type, Some(ServiceType::Static));
        let written = serde_json::to_string(&instance).unwrap();
        assert!(written.ends_with(r#""uriSpec":null,"enabled":false}"#), "{written}");
    }

    #[test]
    fn payloads_of_all_kinds_are_read_without_their_classes() {
        let payload = |json: &str| {
            let json = format!(r#"{{"payload":{json}}}"#);
            serde_json::from_str::<ServiceInstance>(&json).unwrap()
        };
        let text = payload(r#""hey""#).payload_as::<String>().unwrap();
        assert_eq!(text.unwrap(), "hey");
        let long = payload(r#"["java.lang.Long",5]"#).payload_as::<i64>().unwrap();
        assert_eq!(long, Some(5));
        let list = payload(r#"["java.util.ArrayList",["a","b.c"]]"#);
        assert_eq!(list.payload_as::<Vec<String>>().unwrap().unwrap(), ["a", "b.c"]);
        assert_eq!(list.payload_class(), Some("java.util.ArrayList"));
        // Two words of one's own are no class and its value.
        let pair = payload(r#"["a","b"]"#).payload_as::<Vec<String>>().unwrap();
        assert_eq!(pair.unwrap(), ["a", "b"]);
        assert_eq!(payload("null").payload_as::<String>().unwrap(), None);
        assert!(payload("5").payload_as::<String>().is_err());
    }

    #[test]
    fn a_payload_gets_the_class_that_reads_it() {
        let mut instance = ServiceInstance::default();
        instance.set_payload(&BTreeMap::from([("val", 1)]), Some("com.example.P")).unwrap();
        let written = serde_json::to_string(&instance).unwrap();
        assert!(written.contains(r#""payload":{"@class":"com.example.P","val":1}"#), "{written}");
        instance.set_payload(&(), None).unwrap();
        assert_eq!(instance.payload, None);
    }

    #[test]
    fn names_of_types_are_those_that_are_written() {
        use ServiceType::{Dynamic, DynamicSequential, Permanent, Static};
        for one in [Dynamic, Static, Permanent, DynamicSequential] {
            assert_eq!(serde_json::to_value(one).unwrap(), one.name());
        }
    }
}
