//! Text and bytes of Python's.

use std::borrow::Cow;

use pyo3::exceptions::{PyTypeError, PyUnicodeEncodeError};
use pyo3::prelude::*;
use pyo3::types::{PyByteArray, PyBytes, PyMemoryView, PyString};

/// What was handed over.
pub(crate) enum Input<'a, 'py> {
    Text(&'a str),
    Bytes(&'a [u8]),
    /// Text with halves of surrogate pairs, which UTF-8 cannot say, as bytes that can; and bytes that had to be copied.
    Copied(Bound<'py, PyBytes>, Kind),
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Bytes,
}

impl<'a, 'py> Input<'a, 'py> {
    pub(crate) fn of(input: &'a Bound<'py, PyAny>) -> PyResult<Self> {
        if let Ok(text) = input.cast::<PyString>() {
            return match text.to_str() {
                Ok(text) => Ok(Self::Text(text)),
                Err(error) if error.is_instance_of::<PyUnicodeEncodeError>(input.py()) => {
                    let bytes = input.call_method1("encode", ("utf-8", "surrogatepass"))?;
                    Ok(Self::Copied(bytes.cast_into()?, Kind::Text))
                }
                Err(error) => Err(error),
            };
        }
        if let Ok(bytes) = input.cast::<PyBytes>() {
            return Ok(Self::Bytes(bytes.as_bytes()));
        }
        if input.is_instance_of::<PyByteArray>() || input.is_instance_of::<PyMemoryView>() {
            let bytes = input.py().get_type::<PyBytes>().call1((input,))?;
            return Ok(Self::Copied(bytes.cast_into()?, Kind::Bytes));
        }
        let kind = input.get_type().name()?;
        Err(PyTypeError::new_err(format!("expected str or bytes, not {kind}")))
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Bytes(bytes) => bytes,
            Self::Copied(bytes, _) => bytes.as_bytes(),
        }
    }

    /// `new` in the form that was handed over; `input`, which was, if nothing is new.
    pub(crate) fn output(
        &self,
        input: &Bound<'py, PyAny>,
        new: Cow<'_, [u8]>,
    ) -> PyResult<Bound<'py, PyAny>> {
        let py = input.py();
        match (self, new) {
            (Self::Copied(_, Kind::Bytes), new) => Ok(PyBytes::new(py, &new).into_any()),
            (_, Cow::Borrowed(_)) => Ok(input.clone()),
            (Self::Bytes(_), Cow::Owned(new)) => Ok(PyBytes::new(py, &new).into_any()),
            (Self::Text(_), Cow::Owned(new)) => {
                // A redaction that would cut a character in two takes its bytes with it.
                Ok(PyString::new(py, &String::from_utf8_lossy(&new)).into_any())
            }
            (Self::Copied(_, Kind::Text), Cow::Owned(new)) => {
                let decode =
                    |errors| PyBytes::new(py, &new).call_method1("decode", ("utf-8", errors));
                decode("surrogatepass").or_else(|_| decode("replace"))
            }
        }
    }
}
