//! Primitives that compute next to nothing and protect nothing: the state machines run on them where the real ones are too
//! slow. They keep what the machines rely on: both sides agree, a wrong key or a changed byte does not open, other inputs give
//! other outputs.

use aside_primitives::{
    AgreementPublic, Draw, Entropy, EntropyFailed, KeyRefused, Label, Secret,
    aead::{NONCE_BYTES, OpenFailed, TAG_BYTES, TooLong},
    entropy,
    kem::{self, Ciphertext},
    suite::Primitives,
};

/// The fake suite.
#[derive(Debug)]
pub(crate) enum Fake {}

/// A mixer of 64 bits and a count, spread over as many bytes as are asked for.
struct Mixer(u64);

impl Mixer {
    fn of(parts: &[&[u8]]) -> Self {
        let mut mixer = Self(0xCBF2_9CE4_8422_2325);
        for part in parts {
            mixer.take(&u64::try_from(part.len()).unwrap().to_be_bytes());
            mixer.take(part);
        }
        mixer
    }

    fn take(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.0 = (self.0 ^ u64::from(*byte)).wrapping_mul(0x0000_0100_0000_01B3).rotate_left(23);
        }
    }

    fn fill(mut self, out: &mut [u8]) {
        for chunk in out.chunks_mut(8) {
            self.take(&[0x5A]);
            let bytes = (self.0 ^ self.0 >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9).to_be_bytes();
            chunk.copy_from_slice(&bytes[..chunk.len()]);
        }
    }

    fn bytes<const N: usize>(self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }
}

/// Seed and public key, which is the seed in another guise.
#[derive(Debug)]
pub(crate) struct FakeSecret(Secret<32>, AgreementPublic);

fn public(seed: &[u8; 32]) -> AgreementPublic {
    let mut bytes: [u8; 32] = Mixer::of(&[b"public", seed]).bytes();
    bytes[31] = 0;
    AgreementPublic::parse(&bytes).unwrap()
}

impl Primitives for Fake {
    type AgreementSecret = FakeSecret;

    fn generate(entropy: &mut (impl Entropy + ?Sized), what: Draw) -> Result<FakeSecret, EntropyFailed> {
        let seed: Secret<32> = entropy::secret(entropy, what)?;
        let public = public(seed.expose());
        Ok(FakeSecret(seed, public))
    }

    fn stored(seed: &Secret<32>, public: AgreementPublic) -> FakeSecret {
        FakeSecret(Secret::new(*seed.expose()), public)
    }

    fn seed(secret: &FakeSecret) -> Secret<32> {
        Secret::new(*secret.0.expose())
    }

    fn public(secret: &FakeSecret) -> &AgreementPublic {
        &secret.1
    }

    fn agree(secret: &FakeSecret, peer: &AgreementPublic) -> Result<Secret<32>, KeyRefused> {
        if peer.as_bytes() == &[0; 32] {
            return Err(KeyRefused::NonContributory);
        }
        let (own, peer) = (secret.1.as_bytes(), peer.as_bytes());
        let (first, second) = if own < peer { (own, peer) } else { (peer, own) };
        Ok(Secret::new(Mixer::of(&[b"agree", first, second]).bytes()))
    }

    fn kem_key(seed: &Secret<64>) -> [u8; kem::PUBLIC_BYTES] {
        Mixer::of(&[b"KEM key", seed.expose()]).bytes()
    }

    fn check_kem_key(key: &[u8; kem::PUBLIC_BYTES]) -> Result<(), KeyRefused> {
        if key[0] == 0xFF && key[1] == 0xFF { Err(KeyRefused::Encapsulation) } else { Ok(()) }
    }

    fn encapsulate(
        key: &[u8; kem::PUBLIC_BYTES],
        entropy: &mut (impl Entropy + ?Sized),
        what: Draw,
    ) -> Result<Result<(Ciphertext, Secret<32>), KeyRefused>, EntropyFailed> {
        if let Err(refused) = Self::check_kem_key(key) {
            return Ok(Err(refused));
        }
        let message: Secret<32> = entropy::secret(entropy, what)?;
        let ciphertext: Ciphertext = Mixer::of(&[b"ciphertext", key, message.expose()]).bytes();
        let shared = Mixer::of(&[b"shared", key, &ciphertext]).bytes();
        Ok(Ok((ciphertext, Secret::new(shared))))
    }

    fn decapsulate(seed: &Secret<64>, ciphertext: &Ciphertext) -> Secret<32> {
        Secret::new(Mixer::of(&[b"shared", &Self::kem_key(seed), ciphertext]).bytes())
    }

    fn derive<const N: usize>(salt: &[u8], ikm: &[&[u8]], label: Label) -> [Secret<32>; N] {
        let ikm: [u8; 32] = Mixer::of(ikm).bytes();
        core::array::from_fn(|i| {
            Secret::new(Mixer::of(&[salt, &ikm, label.as_bytes(), &[u8::try_from(i).unwrap()]]).bytes())
        })
    }

    fn expand<const N: usize>(key: &Secret<32>, label: Label) -> [Secret<32>; N] {
        Self::derive(key.expose(), &[], label)
    }

    fn seal(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
    ) -> Result<[u8; TAG_BYTES], TooLong> {
        let stream: [u8; 8] = Mixer::of(&[b"stream", key.expose(), nonce]).bytes();
        buffer.iter_mut().zip(stream.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Ok(Mixer::of(&[b"tag", key.expose(), nonce, associated, buffer]).bytes())
    }

    fn open(
        key: &Secret<32>,
        nonce: &[u8; NONCE_BYTES],
        associated: &[u8],
        buffer: &mut [u8],
        tag: &[u8; TAG_BYTES],
    ) -> Result<(), OpenFailed> {
        if Mixer::of(&[b"tag", key.expose(), nonce, associated, buffer]).bytes() != *tag {
            return Err(OpenFailed);
        }
        let stream: [u8; 8] = Mixer::of(&[b"stream", key.expose(), nonce]).bytes();
        buffer.iter_mut().zip(stream.iter().cycle()).for_each(|(byte, mask)| *byte ^= mask);
        Ok(())
    }
}
