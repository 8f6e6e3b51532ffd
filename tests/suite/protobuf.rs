//! Protobuf in, the same protobuf without secrets out.
