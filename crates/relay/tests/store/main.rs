//! What every store must do, whatever it is made of. `cases!` runs each case on each implementation.

#[cfg(test)]
mod accounts;
#[cfg(test)]
mod administration;
#[cfg(test)]
mod clock;
#[cfg(test)]
mod fan_out;
#[cfg(test)]
mod keeping;
#[cfg(test)]
mod logs;
#[cfg(test)]
mod messages;
#[cfg(test)]
#[cfg(feature = "postgres")]
mod nodes;
#[cfg(test)]
mod people;
#[cfg(test)]
mod prekeys;
#[cfg(test)]
mod settings;

/// Runs the cases of a module on every implementation.
#[cfg(test)]
#[macro_export]
macro_rules! cases {
    ($($case:ident)+) => {
        mod sqlite {
            $(#[tokio::test]
            async fn $case() {
                let folder = tempfile::tempdir().unwrap();
                let path = folder.path().join("relay.db");
                let (store, closed) =
                    aside_relay::store::SqliteStore::open(&path, $crate::people::CAPACITY).unwrap();
                super::$case(&store).await;
                drop(store);
                closed.wait().await;
            })+
        }

        #[cfg(feature = "postgres")]
        mod postgres {
            $(#[tokio::test]
            async fn $case() {
                let database = aside_testkit::postgres::Database::fresh().unwrap();
                let opening =
                    aside_relay::store::PostgresStore::open(&database.url, &[7; 32], $crate::people::CAPACITY);
                let (store, closed) = opening.await.unwrap();
                super::$case(&store).await;
                drop(store);
                closed.wait().await;
            })+
        }
    };
}
