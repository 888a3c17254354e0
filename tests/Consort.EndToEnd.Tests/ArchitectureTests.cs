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
        // Native memory and its guards, which everyone with numbers of his own stands on.
        ["Consort.Memory"] = [],
        ["Consort.Compute"] = ["Consort.Memory"],
        ["Consort.Data"] = ["Consort.Memory"],
        ["Consort.Models"] = ["Consort.Compute", "Consort.Data"],
        ["Consort.Learning"] = ["Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Memory"],
        ["Consort.Serving"] = ["Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Memory"],
        // Of Data only what its words are: fields of the schema, mistakes.
        ["Consort.Server"] = ["Consort.Serving", "Consort.Data"],
        ["Consort.Experiments"] = ["Consort.Learning", "Consort.Serving", "Consort.Models", "Consort.Data", "Consort.Compute", "Consort.Memory"],
        ["Consort.Cli"] = ["Consort.Server", "Consort.Experiments", "Consort.Serving", "Consort.Learning", "Consort.Models", "Consort.Data", "Consort.Compute"],
    };

    // The rest of Data is none of a model's business: it sees columns, never rows.
    private static readonly string[] DataForModels = ["Consort.Data.Schemas", "Consort.Data.Options"];

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
    public void Models_UseOfData_IsSchemasAndOptions()
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
        var others = used.Where(name => !DataForModels.Contains(name[..name.LastIndexOf('.')]));
        Assert.Equal(["Consort.Data.ConsortException"], others);
    }
}
