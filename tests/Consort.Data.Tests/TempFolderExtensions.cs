using Consort.Data.Datasets;
using Consort.Data.Schemas;

namespace Consort.Data.Tests;

internal static class TempFolderExtensions
{
    /// <summary>Encodes one file, all of it as training rows.</summary>
    public static EncodedDataset Encode(this TempFolder folder, Schema schema, string path, string name = "encoded", int threads = 2)
    {
        DatasetEncoder.Encode(new EncodeRequest(schema, SplitPlan.Given([path]), folder.At(name), threads));
        return EncodedDataset.Open(folder.At(name));
    }
}
