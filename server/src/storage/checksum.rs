//! How are the S3 checksums computed and joined? Ref: Amazon S3 user guide, "Checking object integrity".

use data_encoding::BASE64;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::Checksum as _;
use serde::{Deserialize, Serialize};

use super::crc_combine;

/// The five algorithms of S3.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum ChecksumAlgorithm {
    /// CRC-32 (ISO-HDLC).
    Crc32,
    /// CRC-32C (Castagnoli).
    Crc32c,
    /// CRC-64/NVME.
    Crc64nvme,
    /// SHA-1.
    Sha1,
    /// SHA-256.
    Sha256,
}

/// Whether a checksum covers the object's bytes or the list of its parts' checksums.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum ChecksumCoverage {
    /// Over all bytes.
    FullObject,
    /// Over the concatenated part digests, written `<base64>-<parts>`.
    Composite,
}

/// One checksum: algorithm and base64 value.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checksum {
    /// The algorithm.
    pub algorithm: ChecksumAlgorithm,
    /// Base64 of the big-endian digest, with `-<parts>` when composite.
    pub value: String,
    /// What it covers.
    pub coverage: ChecksumCoverage,
}

impl ChecksumAlgorithm {
    /// All five, in the order of the S3 documentation.
    pub const ALL: [Self; 5] = [Self::Crc32, Self::Crc32c, Self::Crc64nvme, Self::Sha1, Self::Sha256];

    /// The name S3 uses, as `CRC64NVME`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Crc32 => "CRC32",
            Self::Crc32c => "CRC32C",
            Self::Crc64nvme => "CRC64NVME",
            Self::Sha1 => "SHA1",
            Self::Sha256 => "SHA256",
        }
    }

    /// The algorithm of a name in any case; none for an unknown one.
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|a| a.name().eq_ignore_ascii_case(name))
    }

    /// Whether a text is a digest of this algorithm in base64.
    pub fn is_digest(self, value: &str) -> bool {
        let bytes = match self {
            Self::Crc32 | Self::Crc32c => 4,
            Self::Crc64nvme => 8,
            Self::Sha1 => 20,
            Self::Sha256 => 32,
        };
        BASE64.decode(value.as_bytes()).is_ok_and(|digest| digest.len() == bytes)
    }

    /// Coverage S3 gives a multipart object when the client names none: CRC64NVME is always full, the others composite.
    pub fn default_multipart_coverage(self) -> ChecksumCoverage {
        match self {
            Self::Crc64nvme => ChecksumCoverage::FullObject,
            Self::Crc32 | Self::Crc32c | Self::Sha1 | Self::Sha256 => ChecksumCoverage::Composite,
        }
    }
}

/// Computes one checksum over a stream of bytes.
pub struct Hasher {
    algorithm: ChecksumAlgorithm,
    inner: ChecksumHasher,
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Hasher").field("algorithm", &self.algorithm).finish_non_exhaustive()
    }
}

impl Hasher {
    /// A hasher that has seen nothing.
    pub fn new(algorithm: ChecksumAlgorithm) -> Self {
        let mut inner = ChecksumHasher::default();
        match algorithm {
            ChecksumAlgorithm::Crc32 => inner.crc32 = Some(s3s::crypto::Crc32::new()),
            ChecksumAlgorithm::Crc32c => inner.crc32c = Some(s3s::crypto::Crc32c::new()),
            ChecksumAlgorithm::Crc64nvme => inner.crc64nvme = Some(s3s::crypto::Crc64Nvme::new()),
            ChecksumAlgorithm::Sha1 => inner.sha1 = Some(s3s::crypto::Sha1::new()),
            ChecksumAlgorithm::Sha256 => inner.sha256 = Some(s3s::crypto::Sha256::new()),
        }
        Self { algorithm, inner }
    }

    /// Takes more bytes in.
    pub fn update(&mut self, data: &[u8]) {
        self.inner.update(data);
    }

    /// The full-object checksum of everything seen.
    pub fn finish(self) -> Checksum {
        let sums = self.inner.finalize();
        let value = match self.algorithm {
            ChecksumAlgorithm::Crc32 => sums.checksum_crc32,
            ChecksumAlgorithm::Crc32c => sums.checksum_crc32c,
            ChecksumAlgorithm::Crc64nvme => sums.checksum_crc64nvme,
            ChecksumAlgorithm::Sha1 => sums.checksum_sha1,
            ChecksumAlgorithm::Sha256 => sums.checksum_sha256,
        };
        Checksum { algorithm: self.algorithm, value: value.unwrap_or_default(), coverage: ChecksumCoverage::FullObject }
    }
}

/// The checksum of an object from those of its parts (value and size in bytes, in order).
///
/// None when a part lacks a checksum or has a malformed one, or when a SHA is asked for over the full object,
/// which can't be derived from parts.
pub fn combine(algorithm: ChecksumAlgorithm, coverage: ChecksumCoverage, parts: &[(Option<&str>, u64)]) -> Option<Checksum> {
    let digests = parts.iter().map(|(value, size)| Some((BASE64.decode((*value)?.as_bytes()).ok()?, *size))).collect::<Option<Vec<_>>>()?;
    let value = match coverage {
        ChecksumCoverage::Composite => {
            let mut hasher = Hasher::new(algorithm);
            digests.iter().for_each(|(digest, _)| hasher.update(digest));
            format!("{}-{}", hasher.finish().value, parts.len())
        }
        ChecksumCoverage::FullObject => {
            let joined = match algorithm {
                ChecksumAlgorithm::Crc32 => crc_combine::join(&crc_combine::CRC32, &digests)?,
                ChecksumAlgorithm::Crc32c => crc_combine::join(&crc_combine::CRC32C, &digests)?,
                ChecksumAlgorithm::Crc64nvme => crc_combine::join(&crc_combine::CRC64NVME, &digests)?,
                ChecksumAlgorithm::Sha1 | ChecksumAlgorithm::Sha256 => return None,
            };
            BASE64.encode(&joined)
        }
    };
    Some(Checksum { algorithm, value, coverage })
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    fn checksum(algorithm: ChecksumAlgorithm, data: &[u8]) -> Checksum {
        let mut hasher = Hasher::new(algorithm);
        hasher.update(data);
        hasher.finish()
    }

    /// Check values of "123456789" from the CRC catalogue: CRC-32 cbf43926, CRC-32C e3069283, CRC-64/NVME ae8b14860a799888.
    #[test]
    fn crcs_match_their_catalogued_check_values() {
        for (algorithm, hex_value) in [
            (ChecksumAlgorithm::Crc32, "cbf43926"),
            (ChecksumAlgorithm::Crc32c, "e3069283"),
            (ChecksumAlgorithm::Crc64nvme, "ae8b14860a799888"),
        ] {
            let value = checksum(algorithm, b"123456789").value;
            assert_eq!(hex::encode(BASE64.decode(value.as_bytes()).unwrap()), hex_value);
        }
    }

    #[test]
    fn full_object_crc_of_parts_is_the_crc_of_the_whole() {
        let data: Vec<u8> = (0..100_003u32).map(|i| (i * 31 % 251) as u8).collect();
        for algorithm in [ChecksumAlgorithm::Crc32, ChecksumAlgorithm::Crc32c, ChecksumAlgorithm::Crc64nvme] {
            let cuts = [0usize, 1, 40_000, 40_000, 99_999, data.len()];
            let parts: Vec<_> = cuts.windows(2).map(|w| (checksum(algorithm, &data[w[0]..w[1]]).value, (w[1] - w[0]) as u64)).collect();
            let parts: Vec<_> = parts.iter().map(|(v, n)| (Some(v.as_str()), *n)).collect();
            let joined = combine(algorithm, ChecksumCoverage::FullObject, &parts).unwrap();
            assert_eq!(joined, checksum(algorithm, &data), "{algorithm:?}");
        }
    }

    #[test]
    fn composite_counts_its_parts_and_full_sha_is_refused() {
        let one = checksum(ChecksumAlgorithm::Sha256, b"a").value;
        let parts = [(Some(one.as_str()), 1u64), (Some(one.as_str()), 1)];
        let joined = combine(ChecksumAlgorithm::Sha256, ChecksumCoverage::Composite, &parts).unwrap();
        assert!(joined.value.ends_with("-2"));
        assert_eq!(combine(ChecksumAlgorithm::Sha256, ChecksumCoverage::FullObject, &parts), None);
        assert_eq!(combine(ChecksumAlgorithm::Crc32, ChecksumCoverage::Composite, &[(None, 1)]), None);
    }
}
