//! The macro that turns a struct into a jute record: its fields in order, nothing between them.

/// Declares a record and derives its [`Field`](super::Field) from the order of its fields.
///
/// Errors inside a nested record carry the outer record's name and the inner field's.
macro_rules! record {
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, PartialEq, Eq)]
        pub struct $name {
            $( $(#[$field_meta])* pub $field: $kind, )*
        }

        impl $crate::wire::Field for $name {
            const AT_LEAST: usize = {
                let least = 0_usize;
                $( let least = least.saturating_add(<$kind as $crate::wire::Field>::AT_LEAST); )*
                least
            };

            fn write(&self, out: &mut ::bytes::BytesMut) {
                $( $crate::wire::Field::write(&self.$field, out); )*
            }

            fn read(
                reader: &mut $crate::wire::Reader,
                _: &'static str,
            ) -> Result<Self, $crate::wire::DecodeError> {
                $( let $field = <$kind as $crate::wire::Field>::read(reader, stringify!($field))?; )*
                Ok(Self { $( $field, )* })
            }
        }
    };
}

pub(crate) use record;
