using Consort.Onnx;

namespace Consort.Fuzz.Targets;

/// <summary>What the ONNX writer is given: forged packages, in both forms.</summary>
internal sealed class OnnxTarget : FuzzTarget
{
    private ForgedPackage? _forge;
    private string _path = "", _model = "";

    public override string Name => "onnx";

    public override string What => "forged packages, exported to ONNX";

    public override IReadOnlyList<string> Words =>
        ["members", "fusion", "Mean", "Sum", "calibration", "Platt", "Isotonic", "model", "slope", "intercept", "logits", "probabilities",
            "null", "[]", "DeepFM", "DCN", "AutoInt", "hidden_units", "F32", "shape"];

    public override void Prepare(string folder)
    {
        var run = new TinyRun(folder);
        _forge = new ForgedPackage(File.ReadAllBytes(run.Package()));
        (_path, _model) = (run.At("fuzz.consort"), run.At("model.onnx"));
    }

    public override IEnumerable<byte[]> Seeds() => _forge!.Seeds();

    public override bool Try(byte[] input)
    {
        if (_forge!.Of(input) is not { } package)
            return false;
        File.WriteAllBytes(_path, package);
        foreach (var form in Enum.GetValues<OnnxInput>())
            OnnxFile.Write(_model, _path, members => members, new OnnxOptions { Input = form });
        return true;
    }
}
