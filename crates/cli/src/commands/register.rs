//! `aside register @alice --relay URL`

use crate::{args::Ability, failure::Failure, show};
use aside_client::{Engine, driver::Client};
use aside_identity::{Capabilities, CaptureDetection, Handle};
use std::path::Path;

pub(crate) async fn run(
    directory: &Path,
    handle: &Handle,
    relay: &str,
    (bot, abilities): (bool, &[Ability]),
) -> Result<(), Failure> {
    let offered = Capabilities { automated: bot, ..Engine::OFFERED };
    let offered = abilities.iter().fold(offered, |offered, ability| match ability {
        Ability::Screenshot => {
            Capabilities { capture: offered.capture.max(CaptureDetection::Screenshot), ..offered }
        }
        Ability::Recording => Capabilities { capture: CaptureDetection::ScreenshotAndRecording, ..offered },
        Ability::ViewOnce => Capabilities { protected_viewer: true, ..offered },
    });
    let client = Client::register_able(directory, handle, relay, offered).await?;
    show::print(format_args!("{} is registered at {relay}.", client.engine().handle()))?;
    if bot {
        show::print("It is a program: everybody sees [automated] on each of its messages.")?;
    }
    show::print(format_args!("The keys are in {}; whoever has that directory is you.", directory.display()))
}
