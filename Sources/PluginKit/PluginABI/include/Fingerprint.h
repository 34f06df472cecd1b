// Written by deploy/fingerprint: the SHA-256 of PluginKit's Swift sources.
#pragma once
#define ROMASHKA_PLUGINKIT_SOURCES "4c6cf0ec7c5910efeae2fdbe9c8fb34b1ad2deafa09f0d9bb4db7ae9ad2cf4cd"
