using System.Text;
using Consort.Cli.Commands;
using Consort.Cli.Terminals;

Consort.Yaml.YamlOptions.Register(); // packages of earlier versions open too, where a command reads no other YAML
Console.OutputEncoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false);
using var signals = new StopSignals();
try
{
    var code = RankedProcess.End(CommandLine.Run(args, RankedProcess.Open(args, signals)));
    return code == CommandLine.Stopped ? signals.ExitCode ?? code : code;
}
catch (IOException)
{
    return CommandLine.Mistake; // standard error cannot be written to either
}
