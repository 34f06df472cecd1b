// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "50ec1d5c2200f1a3a3439b9079103fc90010dbcc51928c8f092393ddbcba63b7"
