// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "60f9931b5fe1efb2adcb95242ce8e18152acdd7e1da1add43b114a3bb3c1d1a7"
