// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "18f2b5692fc59871750437b208d427972b7b84e846a4b923f212b5dc0397f4f6"
