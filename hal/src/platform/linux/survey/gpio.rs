//! GPIO chips and who uses their lines.

use std::collections::BTreeSet;
use std::path::Path;

use gpiocdev::Chip;
use gpiocdev::line::Direction;

use super::super::gpio::{NO_CHIP, nowhere, said};
use super::super::{entries, file_name};

/// A GPIO chip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GpioChip {
    /// `gpiochip0`, which is another one with another kernel.
    pub name: String,
    /// `pinctrl-bcm2711`, which stays.
    pub label: String,
    /// Its lines, in their order.
    pub lines: Vec<GpioLine>,
    /// Why it cannot be used, in words.
    pub refused: Option<String>,
}

/// A line of a GPIO chip.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct GpioLine {
    /// `GPIO17`; empty where the kernel has no name for it.
    pub name: String,
    /// Who has it open, or `the kernel`; `None` where it is free.
    pub used_by: Option<String>,
    /// The computer drives it now.
    pub is_output: bool,
    /// The machine pulls it up from power-up until somebody drives it.
    pub is_pulled_up: bool,
}

pub(super) fn chips(dev: &Path) -> Vec<GpioChip> {
    let look = |path: &std::path::PathBuf| {
        let name = file_name(path);
        read(path).map_or_else(
            |error| GpioChip { name: name.clone(), refused: Some(said(path, &error)), ..GpioChip::default() },
            |(label, lines)| GpioChip { name: name.clone(), label, lines, refused: None },
        )
    };
    let mut paths = entries(dev, "gpiochip");
    // What a chip was called with another kernel may be a link to it.
    let mut known = BTreeSet::new();
    paths.retain(|path| known.insert(path.canonicalize().unwrap_or_else(|_| path.clone())));
    paths.iter().map(look).collect()
}

fn read(path: &Path) -> gpiocdev::Result<(String, Vec<GpioLine>)> {
    let chip = Chip::from_path(path)?;
    let label = chip.info()?.label;
    let lines = chip.line_info_iter()?.map(|info| {
        let info = info?;
        let by = if info.consumer.is_empty() { "the kernel".to_owned() } else { info.consumer };
        let is_output = info.direction == Direction::Output;
        let is_pulled_up = pulled_up(&label, &info.name);
        Ok(GpioLine { name: info.name, used_by: info.used.then_some(by), is_output, is_pulled_up })
    });
    let lines = lines.collect::<gpiocdev::Result<_>>()?;
    Ok((label, lines))
}

/// Of a Raspberry Pi's header GPIO0 to GPIO8: "BCM2835 ARM Peripherals", table 6-31.
fn pulled_up(label: &str, line: &str) -> bool {
    let is_header = ["pinctrl-bcm2711", "pinctrl-bcm2835", "pinctrl-rp1"].contains(&label);
    let number = line.strip_prefix("GPIO").and_then(|number| number.parse::<u32>().ok());
    is_header && number.is_some_and(|number| number <= 8)
}

pub(super) fn find<'c>(chips: &'c [GpioChip], name: &str) -> Result<(&'c GpioChip, &'c GpioLine), String> {
    let line = |chip: &'c GpioChip| match name.rsplit_once('/') {
        Some((label, offset)) if label == chip.label => chip.lines.get(offset.parse::<usize>().ok()?),
        Some(_) => None,
        None => chip.lines.iter().find(|line| line.name == name),
    };
    let found = chips.iter().find_map(|chip| Some((chip, line(chip)?)));
    found.ok_or_else(|| {
        let refused = chips.iter().find_map(|chip| chip.refused.clone());
        let labels = || chips.iter().map(|chip| chip.label.as_str()).collect::<Vec<_>>();
        if chips.is_empty() { NO_CHIP.to_owned() } else { refused.unwrap_or_else(|| nowhere(&labels())) }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_low_lines_of_a_raspberry_pis_header_are_pulled_up() {
        assert!(pulled_up("pinctrl-bcm2711", "GPIO8") && pulled_up("pinctrl-rp1", "GPIO0"));
        assert!(!pulled_up("pinctrl-bcm2711", "GPIO9") && !pulled_up("mcp2221_gpio", "GPIO0"));
        assert!(!pulled_up("pinctrl-bcm2711", "ID_SDA"));
    }
}
