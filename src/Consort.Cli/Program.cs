using System.Text;
using Consort.Cli;
using Consort.Cli.Terminals;

Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var signals = new StopSignals();
var terminal = Terminal.OfProcess(signals.Token);
var code = CommandLine.Run(args, terminal);
return code == CommandLine.Stopped ? signals.ExitCode ?? code : code;
