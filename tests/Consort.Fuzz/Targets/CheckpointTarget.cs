using System.IO.Hashing;
using Consort.Experiments.Running;
using Consort.Learning.Checkpoints;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Checkpoints. An input that begins with <c>!</c> gets a checksum that agrees, so that what lies behind it is tried too; any other change
/// must be refused.
/// </summary>
internal sealed class CheckpointTarget : FuzzTarget
{
    private FinishedRun? _run;
    private byte[] _whole = [];
    private string _path = "";

    public override string Name => "checkpoint";

    public override string What => "checkpoints";

    public override IReadOnlyList<string> Words =>
        ["F32", "F16", "shape", "data_offsets", "__metadata__", "state", "checksum", "null", "[]", "{}"];

    public override void Prepare(string folder)
    {
        var run = new TinyRun(folder);
        _run = run.Finish();
        _path = run.At("fuzz.ckpt");
        _whole = File.ReadAllBytes(_run.Folder.FinalCheckpoint(_run.Experiment.Phases.Select(p => p.Name)));
    }

    public override IEnumerable<byte[]> Seeds() => [_whole, [(byte)'!', .. _whole], [(byte)'!', .. _whole[..2000]]];

    public override bool Try(byte[] input)
    {
        var isForged = input.Length > 0 && input[0] == '!';
        File.WriteAllBytes(_path, isForged ? Forged(input[1..]) : input);
        Checkpoint.Load(_path, _run!.Store);
        return isForged || input.AsSpan().SequenceEqual(_whole) ? true : throw new FindingException("a damaged checkpoint was loaded");
    }

    public override void Dispose()
    {
        _run?.Dispose();
        base.Dispose();
    }

    // With the checksum of what there is.
    private static byte[] Forged(byte[] bytes)
    {
        var at = bytes.AsSpan().IndexOf("\"checksum\":\""u8) + "\"checksum\":\"".Length;
        if (at < "\"checksum\":\"".Length || at + 32 > bytes.Length)
            return bytes;
        bytes.AsSpan(at, 32).Fill((byte)'0');
        System.Text.Encoding.ASCII.GetBytes(Convert.ToHexStringLower(XxHash128.Hash(bytes))).CopyTo(bytes, at);
        return bytes;
    }
}
