//! The macro that turns a struct into a jute record: its fields in order, nothing between them.

/// Declares a record and derives its [`Field`](super::Field) from the order of its fields.
///
/// Errors inside a nested record carry the outer record's name and the inner field's.
///
/// `#[fixed]` before it says that all its fields are [`Fixed`](super::Fixed): such a record is read
/// with one look at how many bytes are left.
macro_rules! record {
    (
        #[fixed]
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $crate::wire::record! {
            @declare $(#[$meta])* $name { $( $(#[$field_meta])* $field: $kind, )* }
            reader {
                const LENGTH: usize = <$name as $crate::wire::Field>::AT_LEAST;
                if let Some(record) = reader.ahead::<LENGTH>().and_then(|ahead| $name::of_bytes(ahead)) {
                    reader.pass::<LENGTH>();
                    return Ok(record);
                }
            }
        }

        impl $name {
            /// Reads it off the front of these bytes; `None`: they are too few.
            #[inline]
            #[must_use]
            pub fn of_bytes(bytes: &[u8]) -> Option<Self> {
                const LENGTH: usize = <$name as $crate::wire::Field>::AT_LEAST;
                // One look for all fields.
                let mut ahead = &bytes.first_chunk::<LENGTH>()?[..];
                Some(Self { $( $field: <$kind as $crate::wire::Fixed>::take(&mut ahead)?, )* })
            }
        }
    };
    (
        $(#[$meta:meta])*
        pub struct $name:ident {
            $( $(#[$field_meta:meta])* pub $field:ident : $kind:ty ),* $(,)?
        }
    ) => {
        $crate::wire::record! {
            @declare $(#[$meta])* $name { $( $(#[$field_meta])* $field: $kind, )* }
            reader {}
        }
    };
    (
        @declare $(#[$meta:meta])* $name:ident {
            $( $(#[$field_meta:meta])* $field:ident : $kind:ty, )*
        }
        $reader:ident { $($first:tt)* }
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

            #[inline]
            fn write(&self, out: &mut ::bytes::BytesMut) {
                $( $crate::wire::Field::write(&self.$field, out); )*
            }

            #[inline]
            fn read(
                $reader: &mut $crate::wire::Reader,
                _: &'static str,
            ) -> Result<Self, $crate::wire::DecodeError> {
                $($first)*
                $(
                    let $field =
                        <$kind as $crate::wire::Field>::read($reader, stringify!($field))?;
                )*
                Ok(Self { $( $field, )* })
            }
        }
    };
}

pub(crate) use record;
