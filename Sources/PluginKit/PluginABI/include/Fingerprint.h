// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "4d359d61f770889e251d06c7618144dca0a1d411957f046d3915f7694b41ce2a"
