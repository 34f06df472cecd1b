// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "5c17db0c0fe943ff40e9af00eef6d69a0e107fb640992b9b92f8a26347f67082"
