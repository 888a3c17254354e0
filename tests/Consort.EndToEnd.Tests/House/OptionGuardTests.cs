using System.Reflection;
using Consort.Foundation.Options;
using Consort.Learning.Training;
using Consort.Models.Layers;

namespace Consort.EndToEnd.Tests.House;

/// <summary>What a file is refused for, C# is refused for too.</summary>
public sealed class OptionGuardTests
{
    // A rate that lets training diverge is what tests of that need.
    private static readonly string[] Free = ["Phase.LearningRate"];

    /// <summary>Every property of numbers of a record that declares options.</summary>
    public static TheoryData<string, string> Properties
    {
        get
        {
            var data = new TheoryData<string, string>();
            foreach (var type in new[] { typeof(CtrModel), typeof(Phase) }.SelectMany(t => t.Assembly.GetTypes()).Where(Declares))
                foreach (var property in type.GetProperties()
                    .Where(p => Wrong(p.PropertyType) is not null && p.SetMethod is not null && !Free.Contains($"{type.Name}.{p.Name}")))
                    data.Add(type.AssemblyQualifiedName!, property.Name);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Properties))]
    public void Init_OutOfEveryRange_Throws(string typeName, string name)
    {
        var type = Type.GetType(typeName)!;
        var property = type.GetProperty(name)!;
        var options = type.GetConstructors().OrderBy(c => c.GetParameters().Length).First() is var constructor
            ? constructor.Invoke([.. constructor.GetParameters().Select(p => p.ParameterType == typeof(string) ? "" : Activator.CreateInstance(p.ParameterType))])
            : null;
        var thrown = Assert.Throws<TargetInvocationException>(() => property.SetValue(options, Wrong(property.PropertyType)));
        Assert.IsType<ArgumentOutOfRangeException>(thrown.InnerException);
    }

    [Fact]
    public void Properties_OfAllRecords_AreMany() => Assert.InRange(Properties.Count, 40, 400);

    private static bool Declares(Type type) =>
        !type.IsAbstract && type.GetMember("Options", BindingFlags.Static | BindingFlags.Public | BindingFlags.NonPublic).Any(m => m switch
        {
            PropertyInfo property => property.PropertyType.IsAssignableTo(typeof(OptionSet)),
            FieldInfo field => field.FieldType.IsAssignableTo(typeof(OptionSet)),
            _ => false,
        });

    // What no option holds.
    private static object? Wrong(Type type) =>
        type == typeof(int) || type == typeof(int?) ? int.MinValue
        : type == typeof(double) ? double.NaN
        : type == typeof(IReadOnlyList<int>) ? (int[])[int.MinValue]
        : type == typeof(IReadOnlyList<double>) ? (double[])[double.NaN]
        : type.IsEnum ? Enum.ToObject(type, 1 << 20)
        : null;
}
