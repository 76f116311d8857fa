//! Device certificates: signed by the account, counter-signed by the device.

use crate::{AccountKey, DeviceId, DeviceKeys, Refused};
use alloc::vec::Vec;
use aside_primitives::{AgreementPublic, Signature, SigningKey, VerifyingKey, label};
use aside_wire::{Malformed, SUITE, array, decode, pb};
use prost::Message;

/// What a device can notice of screen capture; a chat shows the weakest of its devices.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum CaptureDetection {
    /// Nothing.
    None,
    /// Screenshots.
    Screenshot,
    /// Screenshots and recordings.
    ScreenshotAndRecording,
}

/// What a device can do. Signed, so that a relay cannot strip it to force a weaker mode (IDN-5).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Capabilities {
    /// Honours expiry.
    pub expiry: bool,
    /// Notices screen capture.
    pub capture: CaptureDetection,
    /// Shows view-once content in a protected viewer.
    pub protected_viewer: bool,
    /// Takes part in groups.
    pub groups: bool,
    /// Is a program; shown on each of its messages.
    pub automated: bool,
}

impl Capabilities {
    /// A device that offers none of the optional things.
    pub const NONE: Self = Self {
        expiry: false,
        capture: CaptureDetection::None,
        protected_viewer: false,
        groups: false,
        automated: false,
    };

    fn decode(capabilities: pb::Capabilities) -> Result<Self, Malformed> {
        let field = Malformed::Field("capture");
        let pb::Capabilities { expiry, capture, protected_viewer, groups, automated } = capabilities;
        let capture = match pb::CaptureDetection::try_from(capture).map_err(|_| field)? {
            pb::CaptureDetection::None => CaptureDetection::None,
            pb::CaptureDetection::Screenshot => CaptureDetection::Screenshot,
            pb::CaptureDetection::ScreenshotAndRecording => CaptureDetection::ScreenshotAndRecording,
        };
        Ok(Self { expiry, capture, protected_viewer, groups, automated })
    }

    fn encode(self) -> pb::Capabilities {
        let Self { expiry, capture, protected_viewer, groups, automated } = self;
        let capture = match capture {
            CaptureDetection::None => pb::CaptureDetection::None,
            CaptureDetection::Screenshot => pb::CaptureDetection::Screenshot,
            CaptureDetection::ScreenshotAndRecording => pb::CaptureDetection::ScreenshotAndRecording,
        };
        pb::Capabilities { expiry, capture: capture.into(), protected_viewer, groups, automated }
    }
}

/// A verified device certificate. Valid only inside the account's highest known device list.
#[derive(Clone, Debug)]
pub struct Certificate {
    /// The account that signed it.
    pub account: AccountKey,
    /// The device's number.
    pub device: DeviceId,
    /// Verifies what the device signs.
    pub signing_key: VerifyingKey,
    /// The device's part in handshakes.
    pub agreement_key: AgreementPublic,
    /// Milliseconds since 1970-01-01 UTC.
    pub created_at: u64,
    /// What the device can do.
    pub capabilities: Capabilities,
    bytes: Vec<u8>,
}

impl Certificate {
    /// Issues a certificate: the account vouches, the device proves that it holds the keys (IDN-4).
    #[must_use]
    pub fn issue(
        account: &SigningKey,
        device: DeviceId,
        keys: &DeviceKeys,
        created_at: u64,
        capabilities: Capabilities,
    ) -> Self {
        let account_key = AccountKey::new(account.verifying_key());
        let body = pb::CertificateBody {
            suite: SUITE,
            account_key: account_key.as_bytes().to_vec(),
            device_id: device.number(),
            signing_key: keys.signing.verifying_key().as_bytes().to_vec(),
            agreement_key: keys.agreement.public().as_bytes().to_vec(),
            created_at,
            capabilities: Some(capabilities.encode()),
        }
        .encode_to_vec();
        let account_signature = account.sign(label::CERTIFICATE_ACCOUNT, &body).0.to_vec();
        let device_signature = keys.signing.sign(label::CERTIFICATE_DEVICE, &body).0.to_vec();
        Self {
            account: account_key,
            device,
            signing_key: keys.signing.verifying_key(),
            agreement_key: *keys.agreement.public(),
            created_at,
            capabilities,
            bytes: pb::Certificate { body, account_signature, device_signature }.encode_to_vec(),
        }
    }

    /// Verifies a certificate of `account` (IDN-4 to IDN-6).
    ///
    /// # Errors
    /// [`Refused`], with the reason.
    pub fn verify(bytes: &[u8], account: &AccountKey) -> Result<Self, Refused> {
        let pb::Certificate { body, account_signature, device_signature } = decode(bytes)?;
        let account_signature = Signature(array(&account_signature, "account_signature")?);
        let device_signature = Signature(array(&device_signature, "device_signature")?);
        account.verify(label::CERTIFICATE_ACCOUNT, &body, &account_signature)?;

        let fields: pb::CertificateBody = decode(&body)?;
        if fields.suite != SUITE {
            return Err(Malformed::Version.into());
        }
        if AccountKey::parse(&fields.account_key)? != *account {
            return Err(Refused::WrongOwner);
        }
        let signing_key = VerifyingKey::parse(&fields.signing_key)?;
        signing_key.verify(label::CERTIFICATE_DEVICE, &body, &device_signature)?;
        let capabilities = fields.capabilities.ok_or(Malformed::Field("capabilities"))?;
        Ok(Self {
            account: *account,
            device: DeviceId::parse(fields.device_id)?,
            signing_key,
            agreement_key: AgreementPublic::parse_long_lived(&fields.agreement_key)?,
            created_at: fields.created_at,
            capabilities: Capabilities::decode(capabilities)?,
            bytes: bytes.to_vec(),
        })
    }

    /// The encoded certificate, at most 512 bytes.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        &self.bytes
    }
}
