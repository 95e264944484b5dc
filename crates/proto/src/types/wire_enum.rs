//! The macro for enumerations that keep numbers they do not know.

/// Declares an enumeration with a number for each name, and `Unknown` for every other number.
///
/// Conversion from and to `i32` loses nothing.
macro_rules! wire_enum {
    (
        $(#[$meta:meta])*
        pub enum $name:ident { $( $(#[$doc:meta])* $variant:ident = $number:literal ),* $(,)? }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            $( $(#[$doc])* $variant, )*
            /// A number without a name here; kept as it came.
            Unknown(i32),
        }

        impl $name {
            /// Every value that has a name, in the order of the table.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// ZooKeeper's name for it; `None` for a number without one.
            #[must_use]
            pub const fn name(self) -> Option<&'static str> {
                match self {
                    $( Self::$variant => Some(stringify!($variant)), )*
                    Self::Unknown(_) => None,
                }
            }

            /// The number on the wire.
            #[must_use]
            pub const fn number(self) -> i32 {
                match self {
                    $( Self::$variant => $number, )*
                    Self::Unknown(number) => number,
                }
            }

            /// The value with this number.
            #[must_use]
            pub const fn from_number(number: i32) -> Self {
                match number {
                    $( $number => Self::$variant, )*
                    number => Self::Unknown(number),
                }
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                match self.name() {
                    Some(name) => f.write_str(name),
                    None => write!(f, "{}({})", stringify!($name), self.number()),
                }
            }
        }

        impl $crate::wire::Field for $name {
            const AT_LEAST: usize = 4;

            fn write(&self, out: &mut ::bytes::BytesMut) {
                $crate::wire::Field::write(&self.number(), out);
            }

            fn read(
                reader: &mut $crate::wire::Reader,
                field: &'static str,
            ) -> Result<Self, $crate::wire::DecodeError> {
                reader.i32(field).map(Self::from_number)
            }
        }
    };
}

pub(crate) use wire_enum;
