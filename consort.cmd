@echo off
rem Builds Consort when its sources have changed, and runs it with the arguments given.
setlocal
set "ROOT=%~dp0"
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set DOTNET_NOLOGO=1
if "%~1"=="serve" if not defined DOTNET_TieredPGO set DOTNET_TieredPGO=1
set "CONSORT_COMMAND=%~n0"
set "PROJECT=src\Consort.Cli"
set "APP=%ROOT%artifacts\bin\Consort.Cli\release\consort.dll"
set "STAMP=%ROOT%artifacts\launcher\stamp"
set "SOURCES=src"
if not "%~1"=="bench" goto check
rem Benchmarks are a program of their own; it takes bench as its first argument too.
set "PROJECT=bench\Consort.Benchmarks"
set "APP=%ROOT%artifacts\bin\Consort.Benchmarks\release\Consort.Benchmarks.dll"
set "STAMP=%ROOT%artifacts\launcher\bench-stamp"
set "SOURCES=src,bench\Consort.Benchmarks"
:check
if not exist "%APP%" goto build
if not exist "%STAMP%" goto build
powershell -NoProfile -Command "$t=(Get-Item $env:STAMP).LastWriteTimeUtc; if (Get-ChildItem @($env:SOURCES.Split(',') + '*.props','global.json' | ForEach-Object { $env:ROOT+$_ }) -Recurse | Where-Object { $_.LastWriteTimeUtc -gt $t } | Select-Object -First 1) { exit 1 }"
if errorlevel 1 goto build
goto run
:build
if not exist "%ROOT%artifacts\launcher" mkdir "%ROOT%artifacts\launcher"
type nul > "%STAMP%.next"
dotnet build "%ROOT%%PROJECT%" -c Release --nologo -v quiet -nodeReuse:false -p:TreatWarningsAsErrors=false -p:RunAnalyzers=false > "%ROOT%artifacts\launcher\build.log" 2>&1
if errorlevel 1 (
  type "%ROOT%artifacts\launcher\build.log" 1>&2
  exit /b 1
)
move /y "%STAMP%.next" "%STAMP%" > nul
:run
dotnet "%APP%" %*
exit /b %errorlevel%
