//! Chips on a board's I²C buses.
//!
//! What must never live here: registers, which are the drivers'.

use std::fmt;
use std::ops::RangeInclusive;

use crate::driver::{ads1115, ads7830, ina219, pca9685, pcf8591, robot_hat, scmd};

/// A chip on an I²C bus.
#[derive(Clone, Debug, PartialEq)]
pub struct Chip {
    /// Which chip, and how it is set up.
    pub kind: ChipKind,
    /// As the kernel calls it: `i2c-1`.
    pub bus: String,
    /// Seven bits.
    pub address: u8,
}

/// The bus that a board means when it names none: the one on the Raspberry Pi's header.
pub const DEFAULT_BUS: &str = "i2c-1";

/// Which chip, and how it is set up.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum ChipKind {
    /// NXP PCA9685: sixteen PWM channels with one prescaler.
    Pca9685 {
        /// Of all its channels, 24 to 1526 hertz.
        frequency_hz: f64,
    },
    /// The microcontroller of SunFounder's Robot HAT: twenty PWM channels on seven timers, and eight analog
    /// inputs.
    RobotHat {
        /// The line that resets it while it is low.
        reset: Option<String>,
    },
    /// TI INA219: volts at its terminals, and amperes through a shunt.
    Ina219 {
        /// Of the shunt, ohms.
        shunt_ohms: f64,
    },
    /// TI ADS7830: eight analog inputs of 8 bits.
    Ads7830 {
        /// What it reads as full scale, volts.
        reference_v: f64,
    },
    /// NXP PCF8591: four analog inputs of 8 bits.
    Pcf8591 {
        /// What it reads as full scale, volts.
        reference_v: f64,
    },
    /// TI ADS1115: four analog inputs of 16 bits, set to ±4.096 volts.
    Ads1115,
    /// InvenSense MPU-6050: acceleration and rotation.
    Mpu6050,
    /// SparkFun Serial Controlled Motor Driver: the four terminals of two motors, A1, A2, B1, B2.
    Scmd,
}

impl ChipKind {
    /// As a board file calls it.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Pca9685 { .. } => "pca9685",
            Self::RobotHat { .. } => "robot-hat",
            Self::Ina219 { .. } => "ina219",
            Self::Ads7830 { .. } => "ads7830",
            Self::Pcf8591 { .. } => "pcf8591",
            Self::Ads1115 => "ads1115",
            Self::Mpu6050 => "mpu6050",
            Self::Scmd => "scmd",
        }
    }

    /// The addresses that its pins can give it, by its data sheet; for a Robot HAT those that its
    /// library looks at.
    #[must_use]
    pub fn addresses(&self) -> RangeInclusive<u8> {
        match self {
            Self::Pca9685 { .. } => pca9685::ADDRESSES,
            Self::RobotHat { .. } => robot_hat::ADDRESSES,
            Self::Ina219 { .. } => 0x40..=0x4F,
            Self::Ads7830 { .. } | Self::Ads1115 => 0x48..=0x4B,
            Self::Pcf8591 { .. } => 0x48..=0x4F,
            Self::Mpu6050 => 0x68..=0x69,
            Self::Scmd => scmd::ADDRESSES,
        }
    }

    /// How many PWM channels it has.
    #[must_use]
    pub fn pwm_channels(&self) -> u8 {
        match self {
            Self::Pca9685 { .. } => pca9685::CHANNELS,
            Self::RobotHat { .. } => robot_hat::CHANNELS,
            Self::Scmd => scmd::CHANNELS,
            _ => 0,
        }
    }

    /// How many analog inputs it has.
    #[must_use]
    pub fn analog_inputs(&self) -> u8 {
        match self {
            Self::RobotHat { .. } => robot_hat::ANALOG_INPUTS,
            Self::Ads7830 { .. } => ads7830::CHANNELS,
            Self::Pcf8591 { .. } => pcf8591::CHANNELS,
            Self::Ads1115 => ads1115::CHANNELS,
            _ => 0,
        }
    }

    /// The most that it can read of a voltage, where it reads any: of an analog input, or of the supply that
    /// an INA219 is at.
    #[must_use]
    pub fn full_scale_v(&self) -> Option<f64> {
        match self {
            Self::RobotHat { .. } => Some(robot_hat::REFERENCE_V),
            Self::Ads7830 { reference_v } | Self::Pcf8591 { reference_v } => Some(*reference_v),
            Self::Ads1115 => Some(ads1115::FULL_SCALE_V),
            Self::Ina219 { .. } => Some(ina219::HIGHEST_V),
            Self::Pca9685 { .. } | Self::Mpu6050 | Self::Scmd => None,
        }
    }

    /// Whether two of its channels that change together are one transfer, so that none changes without the
    /// other.
    #[must_use]
    pub fn writes_together(&self, one: u8, other: u8) -> bool {
        match self {
            // Neighbours are one burst.
            Self::Pca9685 { .. } => one.abs_diff(other) == 1,
            // A motor is one register.
            Self::Scmd => one / 2 == other / 2,
            _ => false,
        }
    }

    /// The channels that run at one frequency with `channel`.
    #[must_use]
    pub fn timer_of(&self, channel: u8) -> RangeInclusive<u8> {
        match self {
            Self::RobotHat { .. } => robot_hat::shares_timer_with(channel),
            _ => 0..=self.pwm_channels().saturating_sub(1),
        }
    }
}

impl fmt::Display for Chip {
    /// `pca9685@0x40`, or `pca9685@i2c-3/0x40` where the bus is not [`DEFAULT_BUS`].
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@", self.kind.name())?;
        if self.bus != DEFAULT_BUS {
            write!(f, "{}/", self.bus)?;
        }
        write!(f, "{:#04x}", self.address)
    }
}
