//! What this device has signed for everybody goes to the relay before anything else.

use super::{Client, DriverError, connection::Connection, link::question};
use crate::engine::{Need, Statement};
use aside_wire::pb::reply;

impl Client {
    /// Gives the relay what was signed here and it does not have yet: settings and declarations. Without any, nothing
    /// is asked of it.
    ///
    /// # Errors
    /// [`DriverError`] if the relay cannot be reached or the connection ends; what it does not have waits for the next
    /// connection.
    pub async fn publish(&mut self) -> Result<(), DriverError> {
        if self.step(|engine, step| engine.statements(step))?.is_empty() {
            return Ok(());
        }
        self.connect().await?.close().await;
        Ok(())
    }

    /// The same on a connection on which nothing else is under way. What the relay refuses waits.
    pub(super) async fn publish_on(&mut self, connection: &mut Connection) -> Result<(), DriverError> {
        let mut refused: Vec<Statement> = Vec::new();
        loop {
            let mut statements = self.step(|engine, step| engine.statements(step))?;
            statements.retain(|statement| !refused.contains(statement));
            let Some(statement) = statements.into_iter().next() else { return Ok(()) };
            match connection.ask_and_wait(statement.request()).await {
                Ok(_) => self.step(|engine, step| Ok(engine.on_stated(step, &statement)?))?,
                Err(DriverError::Refused(code)) => {
                    let need =
                        self.step(|engine, step| Ok(engine.on_statement_refused(step, &statement, code)?))?;
                    if let Some(need) = need {
                        self.learn(connection, need).await?;
                    }
                    refused.push(statement);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Asks for what is newer at the relay than what was signed here.
    async fn learn(&mut self, connection: &mut Connection, need: Need) -> Result<(), DriverError> {
        match connection.ask_and_wait(question(need)).await {
            Ok(reply::Body::Settings(settings)) => {
                Ok(self.step(|engine, step| Ok(engine.on_settings(step, &settings)?))?)
            }
            Ok(reply::Body::Devices(devices)) => {
                Ok(self.step(|engine, step| engine.on_devices(step, None, &devices).map(drop))?)
            }
            Ok(_) | Err(DriverError::Refused(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }
}
