using System.Reflection;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using System.Xml.Linq;

namespace Consort.EndToEnd.Tests;

/// <summary>The walls between the rooms: who may use whom. A wall is moved here and in the design, on purpose, or not at all.</summary>
public sealed class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> Allowed = new()
    {
        ["Consort.Foundation"] = [],
        ["Consort.Compute"] = ["Consort.Foundation"],
        ["Consort.Compute.Bf16"] = ["Consort.Compute", "Consort.Foundation"],
        ["Consort.Data"] = ["Consort.Foundation"],
        // Open MPI, for who trains on several machines: nobody but the command line knows it.
        ["Consort.Distributed"] = ["Consort.Learning", "Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Foundation"],
        // Sources with a library behind them: nobody but the command line, and programs that want them, knows them.
        ["Consort.Data.DuckDb"] = ["Consort.Data", "Consort.Foundation"],
        ["Consort.Data.Parquet"] = ["Consort.Data", "Consort.Foundation"],
        // Trees with a native library behind them, likewise.
        ["Consort.Boosting"] = ["Consort.Data", "Consort.Foundation"],
        // Option files and schema files; what only scores does without.
        ["Consort.Yaml"] = ["Consort.Data", "Consort.Foundation"],
        ["Consort.Synthetic"] = ["Consort.Data", "Consort.Foundation"],
        ["Consort.Models"] = ["Consort.Compute", "Consort.Data", "Consort.Foundation"],
        ["Consort.Learning"] = ["Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Compute.Bf16", "Consort.Foundation"],
        ["Consort.Serving"] = ["Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Foundation"],
        // The compiler loads it, and nothing of ours with it.
        ["Consort.Serving.Generators"] = [],
        ["Consort.Onnx"] = ["Consort.Serving", "Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Foundation"],
        // Rows and scores in pipelines of ML.NET.
        ["Consort.ML"] = ["Consort.Serving", "Consort.Data", "Consort.Foundation"],
        // of Data only what its words are: fields of the schema.
        ["Consort.AspNetCore"] = ["Consort.Serving", "Consort.Data", "Consort.Foundation"],
        ["Consort.Experiments"] = ["Consort.Learning", "Consort.Serving", "Consort.Synthetic", "Consort.Models", "Consort.Data",
            "Consort.Compute", "Consort.Compute.Bf16", "Consort.Foundation", "Consort.Yaml"],
        ["Consort.Studies"] = ["Consort.Experiments", "Consort.Serving", "Consort.Learning", "Consort.Models", "Consort.Data",
            "Consort.Compute", "Consort.Compute.Bf16", "Consort.Foundation", "Consort.Yaml"],
        ["Consort.Import"] = ["Consort.Experiments", "Consort.Learning", "Consort.Models", "Consort.Data", "Consort.Compute",
            "Consort.Foundation", "Consort.Yaml"],
        ["Consort.Cli"] = ["Consort.AspNetCore", "Consort.Boosting", "Consort.Studies", "Consort.Distributed", "Consort.Import", "Consort.Onnx", "Consort.Experiments",
            "Consort.Serving", "Consort.Synthetic", "Consort.Learning", "Consort.Models", "Consort.Data.DuckDb", "Consort.Data.Parquet",
            "Consort.Data", "Consort.Compute", "Consort.Compute.Bf16", "Consort.Foundation", "Consort.Yaml"],
    };

    // The rest of Data is none of a model's business: it sees columns, never rows.
    private static readonly string[] DataForModels = ["Consort.Data.Schemas"];

    public static TheoryData<string> Rooms => [.. Allowed.Keys];

    [Fact]
    public void Rooms_OfTheRepository_AllHaveWalls()
    {
        var projects = Directory.EnumerateDirectories(Repository.At("src")).Select(Path.GetFileName)
            .Where(name => File.Exists(Repository.At($"src/{name}/{name}.csproj")));
        Assert.Equal(Allowed.Keys.Order(), projects.Order());
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Assembly_OfARoom_UsesOnlyAllowedRooms(string room)
    {
        var assembly = Assembly.Load(room == "Consort.Cli" ? "consort" : room);
        var used = assembly.GetReferencedAssemblies().Select(a => a.Name!).Where(n => n.StartsWith("Consort.", StringComparison.Ordinal));
        Assert.Equal(Allowed[room].Length > 0, used.Any()); // the scan sees something
        Assert.Empty(used.Except(Allowed[room]));
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Project_OfARoom_ReferencesOnlyAllowedRooms(string room)
    {
        var project = XDocument.Load(Repository.At($"src/{room}/{room}.csproj"));
        var used = project.Descendants("ProjectReference")
            .Select(r => Path.GetFileNameWithoutExtension(r.Attribute("Include")!.Value.Replace('\\', '/')));
        Assert.Equal(Allowed[room].Length > 0, used.Any());
        Assert.Empty(used.Except(Allowed[room]));
    }

    [Fact]
    public void Serving_ItsWholeClosure_HasNoLibraryButZstandard()
    {
        var (rooms, libraries) = (new Queue<string>(["Consort.Serving"]), new SortedSet<string>(StringComparer.Ordinal));
        var seen = new SortedSet<string>(rooms, StringComparer.Ordinal);
        while (rooms.TryDequeue(out var room))
        {
            foreach (var used in Assembly.Load(room).GetReferencedAssemblies().Select(a => a.Name!))
            {
                if (used.StartsWith("Consort.", StringComparison.Ordinal))
                {
                    if (seen.Add(used)) rooms.Enqueue(used);
                }
                else if (!used.StartsWith("System.", StringComparison.Ordinal))
                {
                    libraries.Add(used);
                }
            }
        }

        Assert.Equal(["Consort.Compute", "Consort.Data", "Consort.Foundation", "Consort.Models", "Consort.Serving"], seen);
        Assert.Equal(["ZstdSharp"], libraries);
    }

    [Fact]
    public void Models_UseOfData_IsSchemas()
    {
        var location = Assembly.Load("Consort.Models").Location;
        using var reader = new PEReader(File.OpenRead(location));
        var metadata = reader.GetMetadataReader();
        var used = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var handle in metadata.TypeReferences)
        {
            var type = metadata.GetTypeReference(handle);
            if (type.ResolutionScope.Kind != HandleKind.AssemblyReference)
                continue;
            var assembly = metadata.GetAssemblyReference((AssemblyReferenceHandle)type.ResolutionScope);
            if (metadata.GetString(assembly.Name) == "Consort.Data")
                used.Add($"{metadata.GetString(type.Namespace)}.{metadata.GetString(type.Name)}");
        }

        Assert.Contains("Consort.Data.Schemas.FeatureSpace", used); // the scan sees something
        Assert.DoesNotContain(used, name => !DataForModels.Contains(name[..name.LastIndexOf('.')]));
    }
}
