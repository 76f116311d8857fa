//! One WebSocket to a relay: requests out, replies in.

use super::{DriverError, RelayIdentity};
use aside_identity::Parameters;
use aside_primitives::VerifyingKey;
use aside_wire::{
    Malformed, VERSION, array, decode,
    limits::FRAME_BYTES,
    pb::{self, RefusalCode, reply, request},
};
use futures_util::{FutureExt, SinkExt, StreamExt};
use prost::Message as _;
use std::{
    sync::Arc,
    time::{Duration, Instant},
};
use tokio::net::TcpStream;
use tokio_rustls::rustls::{
    CertificateError, ClientConfig, Error as TlsError, RootCertStore, crypto::ring, version::TLS13,
};
use tokio_tungstenite::{
    Connector, MaybeTlsStream, WebSocketStream, connect_async_tls_with_config,
    tungstenite::{Error as WsError, Message, protocol::WebSocketConfig},
};

/// How long a relay may take to accept a connection, and to answer a request.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// Silence after which a listener asks whether the relay is still there, and after which it gives the connection up.
const SILENCE: (Duration, Duration) = (Duration::from_secs(30), Duration::from_secs(75));

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// An open connection to a relay that has said who it is.
pub(crate) struct Connection {
    socket: Socket,
    heard: Instant,
    next_id: u64,
    relay: RelayIdentity,
}

/// One reply with the request it answers; 0 for what the relay says by itself.
pub(crate) type Answer = (u64, reply::Body);

impl Connection {
    /// Connects and reads the challenge.
    pub(crate) async fn open(url: &str) -> Result<Self, DriverError> {
        let unreachable = |reason: String| DriverError::Unreachable { url: url.to_owned(), reason };
        let endpoint = endpoint(url)?;
        let config =
            WebSocketConfig::default().max_message_size(Some(FRAME_BYTES)).max_frame_size(Some(FRAME_BYTES));
        // LEA-5, LEA-3: the headers of a WebSocket, and no extension.
        let connector =
            if endpoint.starts_with("wss:") { Some(connector().map_err(unreachable)?) } else { None };
        let connecting = connect_async_tls_with_config(endpoint, Some(config), true, connector);
        let (mut socket, _) = tokio::time::timeout(PATIENCE, connecting)
            .await
            .map_err(|_| unreachable("no answer in time".into()))?
            .map_err(|error| match error {
                WsError::Url(_) => DriverError::BadUrl(url.to_owned()),
                other => unreachable(untrusted(&other).unwrap_or_else(|| other.to_string())),
            })?;
        let challenge = tokio::time::timeout(PATIENCE, challenge(&mut socket)).await;
        let challenge = challenge.map_err(|_| DriverError::Silent)??;
        Ok(Self { socket, heard: Instant::now(), next_id: 0, relay: identity(challenge)? })
    }

    /// What the relay says of itself.
    pub(crate) const fn relay(&self) -> &RelayIdentity {
        &self.relay
    }

    /// Sends a request without waiting; the returned number comes back with the answer.
    pub(crate) async fn ask(&mut self, body: request::Body) -> Result<u64, DriverError> {
        self.next_id = self.next_id.saturating_add(1);
        let id = self.next_id;
        let bytes = pb::Request { id, body: Some(body) }.encode_to_vec();
        let sending = self.socket.send(Message::Binary(bytes.into()));
        tokio::time::timeout(PATIENCE, sending).await.map_err(|_| DriverError::Silent)?.map_err(closed)?;
        Ok(id)
    }

    /// Asks and waits for the answer; a refusal is an error. For use before deliveries have begun.
    pub(crate) async fn ask_and_wait(&mut self, body: request::Body) -> Result<reply::Body, DriverError> {
        let asked = self.ask(body).await?;
        loop {
            match self.answer().await? {
                (id, reply::Body::Refusal(refusal)) if id == asked || id == 0 => {
                    return Err(DriverError::Refused(code(&refusal)));
                }
                (id, body) if id == asked => return Ok(body),
                _ => {}
            }
        }
    }

    /// The next reply, waiting no longer than the relay may take to answer.
    pub(crate) async fn answer(&mut self) -> Result<Answer, DriverError> {
        tokio::time::timeout(PATIENCE, self.next()).await.map_err(|_| DriverError::Silent)?
    }

    /// The next reply, however long it takes. Dropping the future loses nothing.
    pub(crate) async fn next(&mut self) -> Result<Answer, DriverError> {
        loop {
            let message = self.socket.next().await;
            self.heard = Instant::now();
            if let Some(answer) = read(message)? {
                return Ok(answer);
            }
        }
    }

    /// A reply that is here already.
    pub(crate) fn ready(&mut self) -> Result<Option<Answer>, DriverError> {
        while let Some(message) = self.socket.next().now_or_never() {
            if let Some(answer) = read(message)? {
                return Ok(Some(answer));
            }
        }
        Ok(None)
    }

    /// Asks a relay that has been silent whether it is still there; gives up if it has been for too long.
    pub(crate) async fn keep_alive(&mut self) -> Result<(), DriverError> {
        let silence = self.heard.elapsed();
        if silence > SILENCE.1 {
            return Err(DriverError::Silent);
        }
        if silence > SILENCE.0 {
            self.socket.send(Message::Ping(Vec::new().into())).await.map_err(closed)?;
        }
        Ok(())
    }

    /// Says goodbye; errors do not matter any more.
    pub(crate) async fn close(mut self) {
        let _ = tokio::time::timeout(Duration::from_secs(1), self.socket.close(None)).await;
    }
}

async fn challenge(socket: &mut Socket) -> Result<pb::Challenge, DriverError> {
    loop {
        match read(socket.next().await)? {
            Some((0, reply::Body::Challenge(challenge))) => return Ok(challenge),
            Some(_) => return Err(Malformed::Field("challenge").into()),
            None => {}
        }
    }
}

fn read(message: Option<Result<Message, WsError>>) -> Result<Option<Answer>, DriverError> {
    match message {
        None => Err(DriverError::Closed("end of stream".into())),
        Some(Err(error)) => Err(closed(error)),
        Some(Ok(Message::Binary(bytes))) => {
            let reply: pb::Reply = decode(&bytes)?;
            Ok(Some((reply.id, reply.body.ok_or(Malformed::Field("body"))?)))
        }
        Some(Ok(Message::Close(frame))) => {
            let reason = frame.map_or_else(|| "closed".to_owned(), |frame| frame.reason.to_string());
            Err(DriverError::Closed(reason))
        }
        // Pings are answered by the library.
        Some(Ok(_)) => Ok(None),
    }
}

fn closed(error: WsError) -> DriverError {
    match error {
        WsError::Capacity(_) => Malformed::TooLarge("frame").into(),
        other => DriverError::Closed(other.to_string()),
    }
}

fn identity(challenge: pb::Challenge) -> Result<RelayIdentity, DriverError> {
    if challenge.version != VERSION {
        return Err(DriverError::Version(challenge.version));
    }
    let key = VerifyingKey::parse(&challenge.relay_key).map_err(|_| Malformed::Field("relay_key"))?;
    // RLY-75
    let parameters = match challenge.parameters.as_slice() {
        [] => None,
        bytes => Some(
            Parameters::verify(bytes, &challenge.relay_name, &key)
                .map_err(|refused| DriverError::Parameters(refused.reject()))?,
        ),
    };
    let nonce = array(&challenge.nonce, "nonce")?;
    Ok(RelayIdentity { name: challenge.relay_name, key, parameters, nonce })
}

pub(crate) fn code(refusal: &pb::Refusal) -> RefusalCode {
    RefusalCode::try_from(refusal.code).unwrap_or(RefusalCode::Unspecified)
}

/// Why TLS did not take the certificate, with what to do, if it was that.
fn untrusted(error: &WsError) -> Option<String> {
    let WsError::Io(error) = error else { return None };
    let TlsError::InvalidCertificate(reason) = error.get_ref()?.downcast_ref()? else { return None };
    Some(match reason {
        // The second: an issuer of this name is trusted, with another key.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => {
            "this machine does not trust who issued its certificate; SSL_CERT_FILE names a file with whom to trust".into()
        }
        CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => {
            "its certificate is for another name".into()
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => {
            "its certificate has ended, or the clock here is wrong".into()
        }
        // `openssl req -x509` makes such ones.
        CertificateError::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => {
            "its certificate is one to issue others with; its operator needs one with CA:FALSE".into()
        }
        other => format!("its certificate is not valid: {other}"),
    })
}

/// TLS with the certificates that this machine trusts, or those of `SSL_CERT_FILE` alone. What the relay is, its own key says; TLS keeps
/// who writes to whom from whoever is in between.
fn connector() -> Result<Connector, String> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        return Err("this machine trusts no certificates; SSL_CERT_FILE names others".into());
    }
    let config = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_protocol_versions(&[&TLS13])
        .map_err(|error| error.to_string())?;
    Ok(Connector::Rustls(Arc::new(config.with_root_certificates(roots).with_no_client_auth())))
}

/// The WebSocket endpoint of a relay's address.
fn endpoint(url: &str) -> Result<String, DriverError> {
    let bad = || DriverError::BadUrl(url.to_owned());
    let rest = url.strip_prefix("ws://").or_else(|| url.strip_prefix("wss://")).ok_or_else(bad)?;
    let host = rest.split('/').next().unwrap_or_default();
    if host.is_empty() {
        return Err(bad());
    }
    match rest.split_once('/') {
        None | Some((_, "")) => Ok(format!("{}/v1/connect", url.trim_end_matches('/'))),
        Some(_) => Ok(url.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed_or_refused() {
        assert_eq!(endpoint("ws://127.0.0.1:1").unwrap(), "ws://127.0.0.1:1/v1/connect");
        assert_eq!(endpoint("wss://relay/").unwrap(), "wss://relay/v1/connect");
        assert_eq!(endpoint("ws://relay/v1/connect").unwrap(), "ws://relay/v1/connect");
        for bad in ["", "relay", "http://relay", "ws://", "ws:///path"] {
            assert!(matches!(endpoint(bad), Err(DriverError::BadUrl(_))), "{bad}");
        }
    }
}
