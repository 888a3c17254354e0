using Consort.Serving;

namespace Consort.Fuzz.Targets;

/// <summary>
/// Packages: damaged ones, which must be refused, and forged ones whose checksums agree, whose answers must be probabilities.
/// </summary>
internal sealed class PackageTarget : FuzzTarget
{
    private ForgedPackage? _forge;
    private byte[] _whole = [];
    private string _path = "";

    public override string Name => "package";

    public override string What => "packages, damaged or forged, and what they score";

    public override IReadOnlyList<string> Words =>
        ["members", "fusion", "Mean", "Sum", "calibration", "Platt", "Isotonic", "None", "model", "kind", "format", "slope", "intercept",
            "null", "[]", "{}", "F32", "F16", "I8", "shape", "data_offsets", "DeepFM", "hidden_units"];

    public override void Prepare(string folder)
    {
        var run = new TinyRun(folder);
        _whole = File.ReadAllBytes(run.Package());
        _forge = new ForgedPackage(_whole);
        _path = run.At("fuzz.consort");
    }

    public override IEnumerable<byte[]> Seeds() => [_whole, .. _forge!.Seeds()];

    public override bool Try(byte[] input)
    {
        var forged = _forge!.Of(input);
        File.WriteAllBytes(_path, forged ?? input);
        using var scorer = Scorer.Load(_path);
        if (forged is null && !input.AsSpan().SequenceEqual(_whole))
            throw new FindingException("a damaged package was opened");
        var impression = scorer.NewImpression();
        Check(scorer.Score(impression));
        foreach (var field in scorer.Fields)
            impression.Set(field, "14102105");
        Check(scorer.Score(impression));
        return true;
    }

    private static void Check(float probability)
    {
        if (!(probability is >= 0 and <= 1))
            throw new FindingException($"a probability of {probability}");
    }
}
