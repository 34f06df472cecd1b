// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "257ee2618dbe32806301bd5d67ade031b0b4a034e636e664f479612831622380"
