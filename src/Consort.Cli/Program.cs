using System.Text;
using Consort.Cli.Commands;
using Consort.Cli.Terminals;
using Consort.Distributed.OpenMpi;

Consort.Yaml.YamlOptions.Register(); // packages of earlier versions open too, where a command reads no other YAML
// mpirun gives ranks a terminal of its own, and the console's codes for it would stand in what mpirun writes.
if (MpiLaunch.IsThere)
    Environment.SetEnvironmentVariable("TERM", "dumb");
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
