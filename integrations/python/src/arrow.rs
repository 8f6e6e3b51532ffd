//! Columns of Arrow, without copies where nothing is found.

use std::borrow::Cow;

use arrow_array::builder::BinaryViewBuilder;
use arrow_array::types::{BinaryType, ByteArrayType, LargeBinaryType, LargeUtf8Type, Utf8Type};
use arrow_array::{
    Array as _, BinaryViewArray, FixedSizeBinaryArray, GenericByteArray, StringViewArray,
};
use arrow_buffer::{ArrowNativeType as _, Buffer, OffsetBuffer, ScalarBuffer};
use arrow_data::ArrayData;
use arrow_schema::{ArrowError, DataType};
use keepmum::Redactor;

/// What was found: the number of each value that changes, and the new one, in order.
type Changed = Vec<(usize, Vec<u8>)>;

/// Bytes of a view's values that are looked over at once.
const GATHERED: usize = 64 << 10;

/// The same array with each of its values redacted, however deep it stands; none if all are clean.
///
/// # Errors
///
/// An array whose offsets are too narrow for the new values.
pub(crate) fn redacted(
    redactor: &Redactor,
    data: &ArrayData,
) -> Result<Option<ArrayData>, ArrowError> {
    match data.data_type() {
        DataType::Utf8 => bytes::<Utf8Type>(redactor, data),
        DataType::LargeUtf8 => bytes::<LargeUtf8Type>(redactor, data),
        DataType::Binary => bytes::<BinaryType>(redactor, data),
        DataType::LargeBinary => bytes::<LargeBinaryType>(redactor, data),
        DataType::Utf8View => text_views(redactor, data),
        DataType::BinaryView => Ok(byte_views(redactor, data)),
        DataType::FixedSizeBinary(_) => fixed(redactor, data),
        _ => children(redactor, data),
    }
}

/// Values of lists, fields of structures and unions, keys and values of maps, values of dictionaries and of runs.
fn children(redactor: &Redactor, data: &ArrayData) -> Result<Option<ArrayData>, ArrowError> {
    let mut changed = false;
    let mut children = Vec::with_capacity(data.child_data().len());
    for child in data.child_data() {
        let new = redacted(redactor, child)?;
        changed |= new.is_some();
        children.push(new.unwrap_or_else(|| child.clone()));
    }
    if !changed {
        return Ok(None);
    }
    data.clone().into_builder().child_data(children).build().map(Some)
}

fn bytes<T: ByteArrayType>(
    redactor: &Redactor,
    data: &ArrayData,
) -> Result<Option<ArrayData>, ArrowError> {
    let array = GenericByteArray::<T>::from(data.clone());
    let offsets = array.value_offsets();
    let (first, last) = (offsets[0].as_usize(), offsets[offsets.len() - 1].as_usize());
    let values = &array.value_data()[first..last];
    let ends = offsets[1..].iter().map(|end| end.as_usize() - first);
    let mut changed = Changed::new();
    redactor.redact_column(values, ends.clone(), |at, new| changed.push((at, valid::<T>(new))));
    if changed.is_empty() {
        return Ok(None);
    }
    let (offsets, values) = rebuilt::<T>(values, ends, &changed)?;
    let nulls = array.nulls().cloned();
    GenericByteArray::<T>::try_new(offsets, values, nulls).map(|array| Some(array.into_data()))
}

/// The values again, of which some changed. What lies between two of those is copied at once.
fn rebuilt<T: ByteArrayType>(
    old: &[u8],
    ends: impl Iterator<Item = usize>,
    changed: &Changed,
) -> Result<(OffsetBuffer<T::Offset>, Buffer), ArrowError> {
    let longer: usize = changed.iter().map(|(_, new)| new.len()).sum();
    let mut values = Vec::with_capacity(old.len() + longer);
    let mut offsets = vec![T::Offset::default()];
    let mut news = changed.iter().peekable();
    let (mut copied, mut start) = (0, 0);
    for (at, end) in ends.enumerate() {
        if let Some((_, new)) = news.next_if(|(number, _)| *number == at) {
            values.extend_from_slice(&old[copied..start]);
            values.extend_from_slice(new);
            copied = end;
        }
        start = end;
        offsets.push(offset::<T>(values.len() + end - copied)?);
    }
    values.extend_from_slice(&old[copied..]);
    Ok((OffsetBuffer::new(ScalarBuffer::from(offsets)), Buffer::from_vec(values)))
}

fn offset<T: ByteArrayType>(at: usize) -> Result<T::Offset, ArrowError> {
    let wide = || {
        let kind = T::DATA_TYPE;
        ArrowError::InvalidArgumentError(format!(
            "{kind} cannot hold the redacted values; use its large kind"
        ))
    };
    T::Offset::from_usize(at).ok_or_else(wide)
}

/// Bytes that a value of this type can have. Text stays text: of a character that a redaction cuts in two nothing stays.
fn valid<T: ByteArrayType>(new: Vec<u8>) -> Vec<u8> {
    if !matches!(T::DATA_TYPE, DataType::Utf8 | DataType::LargeUtf8) {
        return new;
    }
    text(new)
}

fn text(new: Vec<u8>) -> Vec<u8> {
    match String::from_utf8_lossy(&new) {
        Cow::Borrowed(_) => new,
        Cow::Owned(lossy) => lossy.into_bytes(),
    }
}

/// Views: values lie anywhere, and are put end to end to be looked over.
fn text_views(redactor: &Redactor, data: &ArrayData) -> Result<Option<ArrayData>, ArrowError> {
    let array = StringViewArray::from(data.clone()).to_binary_view();
    let Some(new) = redacted_views(redactor, &array, text) else { return Ok(None) };
    Ok(Some(new.to_string_view()?.into_data()))
}

fn byte_views(redactor: &Redactor, data: &ArrayData) -> Option<ArrayData> {
    let array = BinaryViewArray::from(data.clone());
    Some(redacted_views(redactor, &array, |new| new)?.into_data())
}

fn redacted_views(
    redactor: &Redactor,
    array: &BinaryViewArray,
    valid: impl Fn(Vec<u8>) -> Vec<u8>,
) -> Option<BinaryViewArray> {
    let (mut changed, mut from) = (Changed::new(), 0);
    let mut values = array.iter().map(Option::unwrap_or_default);
    while from < array.len() {
        let (mut gathered, mut ends) = (Vec::with_capacity(GATHERED), Vec::new());
        while gathered.len() < GATHERED
            && let Some(value) = values.next()
        {
            gathered.extend_from_slice(value);
            ends.push(gathered.len());
        }
        let count = ends.len();
        redactor.redact_column(&gathered, ends, |at, new| changed.push((from + at, valid(new))));
        from += count;
    }
    if changed.is_empty() {
        return None;
    }
    // Built anew: the old buffers hold what was found.
    let mut builder = BinaryViewBuilder::with_capacity(array.len());
    let mut news = changed.iter().peekable();
    for (at, value) in array.iter().enumerate() {
        let new = news.next_if(|(number, _)| *number == at).map(|(_, new)| new.as_slice());
        builder.append_option(value.map(|value| new.unwrap_or(value)));
    }
    Some(builder.finish())
}

/// Values of one length, which stays: what is found is filled with asterisks.
fn fixed(redactor: &Redactor, data: &ArrayData) -> Result<Option<ArrayData>, ArrowError> {
    let array = FixedSizeBinaryArray::from(data.clone());
    let length = usize::try_from(array.value_length()).unwrap_or(0);
    let old = &array.value_data()[..array.len() * length];
    let mut new: Option<Vec<u8>> = None;
    redactor.redact_column(old, (1..=array.len()).map(|end| end * length), |at, _| {
        let start = at * length;
        for found in redactor.find(&old[start..start + length]) {
            let span = found.span();
            let span = start + span.start() as usize..start + span.end() as usize;
            new.get_or_insert_with(|| old.to_vec())[span].fill(b'*');
        }
    });
    let Some(new) = new else { return Ok(None) };
    let nulls = array.nulls().cloned();
    let array = FixedSizeBinaryArray::try_new(array.value_length(), Buffer::from_vec(new), nulls)?;
    Ok(Some(array.into_data()))
}
