@echo off
rem Builds Consort when its sources have changed, and runs it with the arguments given.
setlocal
set "ROOT=%~dp0"
set DOTNET_CLI_TELEMETRY_OPTOUT=1
set DOTNET_NOLOGO=1
set "CONSORT_COMMAND=%~n0"
set "APP=%ROOT%artifacts\bin\Consort.Cli\release\consort.dll"
set "STAMP=%ROOT%artifacts\launcher\stamp"
if not exist "%APP%" goto build
if not exist "%STAMP%" goto build
powershell -NoProfile -Command "$t=(Get-Item $env:STAMP).LastWriteTimeUtc; if (Get-ChildItem ($env:ROOT+src),($env:ROOT+*.props),($env:ROOT+global.json) -Recurse | Where-Object { $_.LastWriteTimeUtc -gt $t } | Select-Object -First 1) { exit 1 }"
if errorlevel 1 goto build
goto run
:build
if not exist "%ROOT%artifacts\launcher" mkdir "%ROOT%artifacts\launcher"
type nul > "%STAMP%.next"
dotnet build "%ROOT%src\Consort.Cli" -c Release --nologo -v quiet -nodeReuse:false -p:TreatWarningsAsErrors=false -p:RunAnalyzers=false > "%ROOT%artifacts\launcher\build.log" 2>&1
if errorlevel 1 (
  type "%ROOT%artifacts\launcher\build.log" 1>&2
  exit /b 1
)
move /y "%STAMP%.next" "%STAMP%" > nul
:run
dotnet "%APP%" %*
exit /b %errorlevel%
