//! How is an object duplicated? By the kernel where it can (a reflink on file systems that have them), else through a hash.

use std::io::Read;

use super::checksum::{Checksum, ChecksumAlgorithm, ChecksumCoverage};
use super::error::{IoContext, Result};
use super::file_bucket::{FileBucket, ObjectInfo};
use super::put::{BodyIdentity, Digests, NewObject};

/// Bytes per read while a copy is hashed.
const COPY_BUFFER_BYTES: usize = 1 << 20;

impl FileBucket {
    /// Makes `key` a copy of `source`, which was opened from any bucket. `algorithm` asks for a checksum of the copy.
    ///
    /// The copy is one part; its ETag is the MD5 of its bytes. Ref: Amazon S3 API reference, CopyObject.
    pub fn copy_from(
        &self,
        source: &FileBucket,
        source_key: &str,
        key: &str,
        new: NewObject,
        algorithm: Option<ChecksumAlgorithm>,
    ) -> Result<ObjectInfo> {
        let (mut file, info) = source.open_object(source_key)?;
        let algorithm = algorithm.or(info.record.checksum.as_ref().map(|c| c.algorithm));
        if let Some(checksum) = known_digests(&info, algorithm) {
            let mut writer = self.writer(Digests::None)?;
            writer.append_file(&mut file).about(source_key, "cannot copy the object")?;
            let identity = BodyIdentity { etag: info.record.etag, checksum, parts: Vec::new() };
            return self.commit(key, writer.finish(), new, Some(identity));
        }
        let algorithms: Vec<_> = algorithm.into_iter().collect();
        let mut writer = self.writer(Digests::Md5And(&algorithms))?;
        let mut buffer = vec![0; COPY_BUFFER_BYTES];
        loop {
            let count = file.read(&mut buffer).about(source_key, "cannot read the object")?;
            if count == 0 {
                break;
            }
            writer.write(buffer.get(..count).unwrap_or_default()).about(key, "cannot write the object")?;
        }
        let mut body = writer.finish();
        let identity = BodyIdentity { etag: body.md5.take().unwrap_or_default(), checksum: body.checksums.pop(), parts: Vec::new() };
        self.commit(key, body, new, Some(identity))
    }
}

/// The copy's checksum if the source's metadata already has every digest the copy needs; none if the bytes must be hashed.
fn known_digests(info: &ObjectInfo, algorithm: Option<ChecksumAlgorithm>) -> Option<Option<Checksum>> {
    if info.record.etag.contains('-') {
        return None;
    }
    let Some(algorithm) = algorithm else { return Some(None) };
    let checksum = info.record.checksum.clone()?;
    (checksum.algorithm == algorithm && checksum.coverage == ChecksumCoverage::FullObject).then_some(Some(checksum))
}
