//! Four-letter words: a connection's first four bytes may ask for a text instead of a session.
//!
//! A server answers and closes. As the length of a frame each would be over 1.6 billion, so there
//! is nothing to mistake them for; once there was a handshake they are just such a length.
//! A server answers only what its `4lw.commands.whitelist` has; `srvr` it always has.
//!
//! Facts: `FourLetterCommands` of Apache ZooKeeper.

use std::fmt;

macro_rules! words {
    ($( $(#[$doc:meta])* $variant:ident = $word:literal, )*) => {
        /// A four-letter word that servers know.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum FourLetterWord {
            $( $(#[$doc])* $variant, )*
        }

        impl FourLetterWord {
            /// Every one.
            pub const ALL: &'static [Self] = &[ $( Self::$variant, )* ];

            /// The bytes on the wire: the word, or in one case none.
            #[must_use]
            pub const fn bytes(self) -> [u8; 4] {
                match self {
                    $( Self::$variant => *$word, )*
                }
            }

            /// The word that a connection begins with.
            #[must_use]
            pub const fn from_bytes(first: [u8; 4]) -> Option<Self> {
                match &first {
                    $( $word => Some(Self::$variant), )*
                    _ => None,
                }
            }
        }
    };
}

words! {
    /// The configuration.
    Conf = b"conf",
    /// The connections, in full.
    Cons = b"cons",
    /// Resets the statistics of connections.
    Crst = b"crst",
    /// The sizes of data and logs, in bytes.
    Dirs = b"dirs",
    /// Sessions and their ephemeral znodes.
    Dump = b"dump",
    /// The server's environment.
    Envi = b"envi",
    /// The trace mask.
    Gtmk = b"gtmk",
    /// Digests of the tree at past transactions.
    Hash = b"hash",
    /// Whether the server only reads: `ro` or `rw`.
    Isro = b"isro",
    /// Metrics, one a line.
    Mntr = b"mntr",
    /// Whether the process lives: `imok`. Not whether it serves.
    Ruok = b"ruok",
    /// Resets the server's statistics.
    Srst = b"srst",
    /// The server and its role.
    Srvr = b"srvr",
    /// The server, its role and its connections.
    Stat = b"stat",
    /// Sets the trace mask, which follows in eight bytes.
    Stmk = b"stmk",
    /// Watches by session.
    Wchc = b"wchc",
    /// Watches by path.
    Wchp = b"wchp",
    /// How many watches there are.
    Wchs = b"wchs",
    /// What telnet sends when it is interrupted; the server closes.
    TelnetClose = b"\xff\xf4\xff\xfd",
}

/// Whether a connection that begins with these four bytes asks for a text.
#[must_use]
pub const fn is_four_letter_word(first: [u8; 4]) -> bool {
    FourLetterWord::from_bytes(first).is_some()
}

impl FourLetterWord {
    /// The word as the number that the first four bytes make.
    #[must_use]
    pub const fn number(self) -> i32 {
        i32::from_be_bytes(self.bytes())
    }
}

/// The word.
impl fmt::Display for FourLetterWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match std::str::from_utf8(&self.bytes()) {
            Ok(word) => f.write_str(word),
            Err(_) => f.write_str("telnet close"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_have_apaches_numbers() {
        assert_eq!(FourLetterWord::Ruok.number(), 0x7275_6f6b);
        assert_eq!(FourLetterWord::Srvr.number(), 0x7372_7672);
        assert_eq!(FourLetterWord::Stat.number(), 0x7374_6174);
        assert_eq!(FourLetterWord::Mntr.number(), 0x6d6e_7472);
        assert_eq!(FourLetterWord::Isro.number(), 0x6973_726f);
        assert_eq!(FourLetterWord::TelnetClose.number(), -0x000b_0003);
    }

    #[test]
    fn no_word_is_the_length_of_a_frame() {
        for word in FourLetterWord::ALL {
            assert_eq!(FourLetterWord::from_bytes(word.bytes()), Some(*word));
            let length = usize::try_from(word.number()).unwrap_or(usize::MAX);
            assert!(length > 1000 * crate::frame::DEFAULT_MAX_BUFFER, "{word}");
        }
        assert!(is_four_letter_word(*b"ruok"));
        assert!(!is_four_letter_word([0, 0, 0, 45]));
    }
}
