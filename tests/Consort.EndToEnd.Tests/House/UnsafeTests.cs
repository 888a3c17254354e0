using System.Reflection;
using System.Text.RegularExpressions;

namespace Consort.EndToEnd.Tests.House;

/// <summary>Where addresses may be handled: in kernels, in optimizers, and where native memory is taken.</summary>
public sealed partial class UnsafeTests
{
    // Folders and files that may say unsafe, each with its reason.
    private static readonly Dictionary<string, string> Allowed = new(StringComparer.Ordinal)
    {
        ["src/Consort.Foundation/Memory/NativeBlocks.cs"] = "native memory itself",
        ["src/Consort.Foundation/Memory/NativeBuffer.cs"] = "gives kernels addresses",
        ["src/Consort.Foundation/Memory/HeldBytes.cs"] = "bytes of a file, its own memory or mapped",
        ["src/Consort.Foundation/Memory/NativeBytes.cs"] = "lets protobuf write a table without a copy of it",
        ["src/Consort.Foundation/Memory/ForeignBytes.cs"] = "bytes that a native library gives out",
        ["src/Consort.Compute/Cpu/Kernels/"] = "kernels",
        ["src/Consort.Compute/Cpu/MatrixMultiply/"] = "kernels",
        ["src/Consort.Compute/Operations/"] = "the kernels of the operations",
        ["src/Consort.Compute/Cpu/Optimizers/"] = "optimizers",
        ["src/Consort.Compute/Cpu/Scoring/"] = "kernels of a row and of candidates",
        ["src/Consort.Compute/Cpu/Programs/"] = "what binds kernels to memory",
        ["src/Consort.Compute/Cpu/Parameters/"] = "what kernels and optimizers read and write",
        ["src/Consort.Compute/Cpu/Shards/"] = "the same where ranks have parts of it",
        ["src/Consort.Compute.Bf16/"] = "kernels assembled at run time",
    };

    // The one place outside Memory that takes memory from the system: executable pages are no buffer.
    private const string ExecutableMemory = "src/Consort.Compute.Bf16/ExecutableMemory.cs";

    // The kernel interface: whoever writes a kernel gets addresses.
    private static readonly string[] KernelInterface = ["Binding`1", "GradientTarget`1", "Step", "Kernel", "GemmCall`1"];

    [Fact]
    public void Unsafe_InTheSource_StaysWhereItBelongs()
    {
        var elsewhere = Repository.Sources().Where(f => !Allowed.Keys.Any(a => f.StartsWith(a, StringComparison.Ordinal)))
            .Where(f => SaysUnsafe().IsMatch(File.ReadAllText(Repository.At(f))));
        Assert.Empty(elsewhere);
    }

    [Fact]
    public void Allowances_OfTheList_AreAllUsed()
    {
        var files = Repository.Sources().Where(f => SaysUnsafe().IsMatch(File.ReadAllText(Repository.At(f)))).ToArray();
        Assert.All(Allowed.Keys, a => Assert.Contains(files, f => f.StartsWith(a, StringComparison.Ordinal)));
    }

    [Fact]
    public void Projects_WithoutKernels_CannotCompileUnsafeCode()
    {
        string[] rooms = ["Foundation", "Compute", "Compute.Bf16"];
        var allowing = Repository.Files()
            .Where(f => f.StartsWith("src/", StringComparison.Ordinal) && f.EndsWith(".csproj", StringComparison.Ordinal))
            .Where(f => File.ReadAllText(Repository.At(f)).Contains("<AllowUnsafeBlocks>true", StringComparison.Ordinal))
            .Select(f => Path.GetFileNameWithoutExtension(f)["Consort.".Length..]);
        Assert.Equal(rooms.Order(), allowing.Order());
    }

    [Fact]
    public void NativeMemory_OutsideItsRoom_IsTakenByNobody()
    {
        var takers = Repository.Sources()
            .Where(f => !f.StartsWith("src/Consort.Foundation/Memory/", StringComparison.Ordinal) && f != ExecutableMemory)
            .Where(f => TakesMemory().IsMatch(File.ReadAllText(Repository.At(f))));
        Assert.Empty(takers);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Addresses_InPublicMembers_AreOfTheKernelInterfaceAlone(string room)
    {
        var found = Assembly.Load(room == "Consort.Cli" ? "consort" : room).GetExportedTypes()
            .Where(t => !KernelInterface.Contains(t.Name))
            .SelectMany(t => t.GetMembers(
                BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance | BindingFlags.Static | BindingFlags.DeclaredOnly)
                .Where(m => !(m is ConstructorInfo && t.IsSubclassOf(typeof(Delegate)))) // the compiler's, with the address of a method
                .Where(m => TypesOf(m).Any(IsAddress)).Select(m => $"{t.Name}.{m.Name}"));
        Assert.Empty(found);
    }

    public static TheoryData<string> Rooms => ArchitectureTests.Rooms;

    // Of what other assemblies can reach.
    private static IEnumerable<Type> TypesOf(MemberInfo member) => member switch
    {
        FieldInfo field when field.IsPublic || field.IsFamily || field.IsFamilyOrAssembly => [field.FieldType],
        MethodBase method when method.IsPublic || method.IsFamily || method.IsFamilyOrAssembly =>
            method.GetParameters().Select(p => p.ParameterType).Append(method is MethodInfo { ReturnType: var type } ? type : typeof(void)),
        _ => [],
    };

    private static bool IsAddress(Type type) =>
        type.IsPointer || type == typeof(nint) || type == typeof(nuint) || (type.HasElementType && IsAddress(type.GetElementType()!))
        || (type.IsGenericType && type.GetGenericArguments().Any(IsAddress));

    [GeneratedRegex(@"\bunsafe (?!-)|\bunsafe$", RegexOptions.Multiline)]
    private static partial Regex SaysUnsafe();

    [GeneratedRegex(@"\bNativeMemory\.\w*(Alloc|Free)|\bMarshal\.(Alloc|Free)")]
    private static partial Regex TakesMemory();
}
