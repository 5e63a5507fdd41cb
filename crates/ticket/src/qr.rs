//! The QR code, as one path of an SVG picture.

use std::fmt::Write;

use fast_qr::{ECL, QRBuilder};

/// White modules around the code, as many as the standard asks for.
const QUIET: usize = 4;

/// A picture in units of modules: its side, and a path that paints the dark ones.
pub(crate) struct Code {
    /// Its side, the white margin included.
    pub(crate) side: usize,
    /// The `d` of the path.
    pub(crate) path: String,
}

/// The code of a text; `None` when it is too long for one, which no link of ours is.
pub(crate) fn code(text: &str) -> Option<Code> {
    // A ticket is folded and carried in a pocket: a quarter of the code may be lost.
    let matrix = QRBuilder::new(text).ecl(ECL::Q).build().ok()?;
    let mut path = String::new();
    for row in 0..matrix.size {
        let mut column = 0;
        while column < matrix.size {
            let dark = (column..matrix.size).take_while(|at| matrix[row][*at].value()).count();
            if dark > 0 {
                // Writing into a String does not fail.
                let _ = write!(path, "M{} {}h{dark}v1h-{dark}z", column + QUIET, row + QUIET);
            }
            column += dark.max(1);
        }
    }
    Some(Code { side: matrix.size + 2 * QUIET, path })
}
