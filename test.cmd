@echo off
rem Builds and runs all tests.
setlocal
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set DOTNET_NOLOGO=1
dotnet test "%~dp0Consort.slnx" -c Release --nologo -v quiet %*
